"""Attacks: edit a pull request at random; a verdict that no longer blocks must say why."""
