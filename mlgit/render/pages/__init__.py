"""One page a command: its record as a person reads it."""
