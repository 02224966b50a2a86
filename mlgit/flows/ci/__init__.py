"""The jobs of CI, one per file."""
