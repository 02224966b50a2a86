"""Compare: two states, or many, side by side."""
