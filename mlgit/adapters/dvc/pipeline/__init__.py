"""Pipeline: all of DVC's files at a state as one pipeline, and its stale stages."""
