"""Config: what mlgit.yaml declares, and the names in it."""
