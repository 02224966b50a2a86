"""Release: write changes of the registry."""
