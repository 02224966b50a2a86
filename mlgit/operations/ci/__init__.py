"""What `mlgit ci` does to the repository: write and update the templates."""
