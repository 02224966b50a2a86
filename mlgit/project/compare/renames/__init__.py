"""Renames: models without a baseline that may have had another name before."""
