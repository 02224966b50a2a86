"""Forge: the requests that mlgit makes to GitHub and GitLab."""
