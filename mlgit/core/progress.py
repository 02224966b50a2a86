"""Progress: report how far long work has come. Made in cli and passed down."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Reports one task at a time; `total` is None if it is not known."""

    def start(self, what: str, *, total: int | None = None) -> None:
        """Begin a task."""

    def advance(self, steps: int = 1) -> None:
        """Count more steps as done."""

    def say(self, line: str) -> None:
        """Show a line to the waiting user."""

    def end(self) -> None:
        """End the task."""


class Silent:
    """Reports nothing; the default below cli."""

    def start(self, what: str, *, total: int | None = None) -> None: ...

    def advance(self, steps: int = 1) -> None: ...

    def say(self, line: str) -> None: ...

    def end(self) -> None: ...
