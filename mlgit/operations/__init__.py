"""One verb a file, same name as its command; operations do not know each other."""
