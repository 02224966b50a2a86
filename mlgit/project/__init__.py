"""Project: one repository with its tags, pipeline and config; the only floor that joins adapters."""
