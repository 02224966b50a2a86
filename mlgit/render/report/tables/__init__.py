"""Tables: one row per gate, the worst first, then other metrics that changed."""
