"""Forge: GitHub and GitLab over their REST interfaces; the only room that speaks HTTP."""
