"""Overview: the records of commands that look at the whole repository."""
