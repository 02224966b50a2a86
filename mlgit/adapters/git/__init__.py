"""Git, by one spawn of its binary for bulk work."""
