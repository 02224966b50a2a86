"""What the commands of `mlgit ci` print."""
