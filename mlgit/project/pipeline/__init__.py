"""Pipeline: stages, data, metrics and parameters at one state."""
