"""Forge: what mlgit does on GitHub and GitLab."""
