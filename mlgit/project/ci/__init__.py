"""CI: the templates in a repository, and the state of Git and DVC that CI jobs need."""
