"""Pipeline: what all of DVC's files at a state say together, and which stages are stale."""
