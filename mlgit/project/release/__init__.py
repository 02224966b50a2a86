"""Release: changes of the registry."""
