"""Gates: whether a candidate may pass."""
