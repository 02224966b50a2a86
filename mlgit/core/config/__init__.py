"""Config: the contents of mlgit.yaml, and the names in it."""
