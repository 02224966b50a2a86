"""Compare: two states, or many, next to each other."""
