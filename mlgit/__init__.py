"""mlgit: Git-native MLOps. Versions are tags, gates are YAML, promotion is a push."""

__version__ = "0.1.0.dev0"
