"""Tests: unit mirrors the core, integration uses real git, real DVC and real remotes."""
