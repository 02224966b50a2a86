"""The commands of `mlgit ci`, one per file."""
