"""mlgit.yaml: text to schema to Config, with error frames."""
