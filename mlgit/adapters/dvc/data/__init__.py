"""Data: what is on disk and in the cache, and what earlier runs saw of it."""
