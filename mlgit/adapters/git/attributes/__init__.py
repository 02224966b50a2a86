"""Attributes: what `.gitattributes` makes of files on their way to the disk."""
