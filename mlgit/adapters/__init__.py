"""The outside world, one tool a folder; only that folder imports that tool."""
