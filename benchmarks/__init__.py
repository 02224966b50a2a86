"""Side by side with the tools users would otherwise run: `python -m benchmarks`."""
