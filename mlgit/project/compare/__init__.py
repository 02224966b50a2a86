"""Compare: the differences between two states, and the numbers of many."""
