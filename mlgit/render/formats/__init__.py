"""Formats: the check and the leaderboard in formats that other programs read."""
