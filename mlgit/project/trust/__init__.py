"""Trust: whether a tag is genuine."""
