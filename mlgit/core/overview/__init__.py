"""Overview: what looks at everything at once."""
