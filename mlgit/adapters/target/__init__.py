"""Target: where a model is deployed; one kind a file."""
