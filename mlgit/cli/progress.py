"""Progress displays: a bar on a terminal, quiet lines in CI. Both write to stderr only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Lines:
    """One line when a task begins; nothing moves."""

    def __init__(self) -> None:
        self._begun: str | None = None

    def start(self, what: str, *, total: int | None = None) -> None:
        """Say what begins; once, though DVC tells a size more than once."""
        begins = what if total is None else f"{what} ({total})"
        if begins != self._begun:
            self._begun = begins
            self.say(begins)

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""

    def say(self, line: str) -> None:
        """Write the line."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Forget the task, say nothing."""
        self._begun = None


class Bar:
    """A rich progress bar."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, what: str, *, total: int | None = None) -> None:
        """Show a bar."""
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self.end()
        self._bars = RichProgress(console=Console(stderr=True), transient=True)
        self._bars.start()
        self._task = self._bars.add_task(what, total=total)

    def advance(self, steps: int = 1) -> None:
        """Move the bar."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, steps)

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        if self._bars is None:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        else:
            self._bars.console.print(line, markup=False, highlight=False)

    def end(self) -> None:
        """Take the bar away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = self._task = None
