"""Renames: what the history of the declarations shows about names of models."""
