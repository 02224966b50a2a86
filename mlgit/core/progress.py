"""Progress: how long work tells how far it is. Made in cli, passed down."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """One task at a time; `total` None when it is not known."""

    def start(self, what: str, *, total: int | None = None) -> None:
        """Begin a task."""

    def advance(self, steps: int = 1) -> None:
        """Some of it is done."""

    def say(self, line: str) -> None:
        """One line for the person who waits."""

    def end(self) -> None:
        """The task is over."""


class Silent:
    """Says nothing; the default below cli."""

    def start(self, what: str, *, total: int | None = None) -> None:
        """Begin a task, silently."""

    def advance(self, steps: int = 1) -> None:
        """Move on, silently."""

    def say(self, line: str) -> None:
        """Swallow a line."""

    def end(self) -> None:
        """Finish, silently."""
