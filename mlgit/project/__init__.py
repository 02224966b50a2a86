"""The repository seen through the eyes of mlgit; the one place that joins adapters."""
