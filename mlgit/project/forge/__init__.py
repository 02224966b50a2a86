"""Forge: the comments of mlgit on GitHub and GitLab."""
