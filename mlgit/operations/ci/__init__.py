"""The operations of `mlgit ci` that change the repository: write and update the templates."""
