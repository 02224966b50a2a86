"""What the jobs of CI do, one job a file."""
