"""Forge: what mlgit asks of GitHub and GitLab."""
