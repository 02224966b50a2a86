"""What no number of a gate shows: models with the same numbers, exports, deployments."""
