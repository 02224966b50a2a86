"""Demo: build a small project and walk the whole loop."""
