"""CI: which templates a repository has, and what a CI run is about."""
