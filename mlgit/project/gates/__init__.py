"""Gates: checks that decide whether a candidate may pass."""
