"""The pages that the commands of `mlgit ci` print."""
