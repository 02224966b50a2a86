"""Trust: whether a tag is genuine, and who may do what."""
