"""The commands of `mlgit ci`, one a file."""
