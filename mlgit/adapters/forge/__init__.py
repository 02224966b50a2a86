"""Forge: GitHub and GitLab over their REST interfaces, the only package that uses HTTP."""
