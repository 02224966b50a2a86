"""Registry: what the tags mean."""
