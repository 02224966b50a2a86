"""Formats: loaders of metric and parameter files that need more than a parser of the standard library."""
