"""The gates of trunk itself, after a merge."""
