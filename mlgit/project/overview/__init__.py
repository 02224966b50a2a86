"""Overview: the health and state of the whole repository."""
