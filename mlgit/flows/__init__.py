"""What strings verbs together: run, demo."""
