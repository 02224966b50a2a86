"""Both sides of a change, with their rules and what these resolve to."""
