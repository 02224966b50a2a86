"""Progress: a bar on a terminal, lines in CI. All displays write to stderr only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlgit.cli.shell.output import say

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from mlgit.core.progress import Progress

_PATIENCE_S = 1.0


class Lines:
    """One line per task, when it starts."""

    def __init__(self) -> None:
        self._begun: str | None = None

    def start(self, what: str, *, total: int | None = None) -> None:
        """Print the task once, although DVC may report its size several times."""
        begins = what if total is None else f"{what} ({total})"
        if begins != self._begun:
            self._begun = begins
            self.say(begins)

    def advance(self, steps: int = 1) -> None:
        """Print nothing."""

    def say(self, line: str) -> None:
        say(line)

    def end(self) -> None:
        self._begun = None


class Bar:
    """A rich progress bar."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, what: str, *, total: int | None = None) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self.end()
        self._bars = RichProgress(console=Console(stderr=True), transient=True)
        self._bars.start()
        self._task = self._bars.add_task(what, total=total)

    def advance(self, steps: int = 1) -> None:
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, steps)

    def say(self, line: str) -> None:
        if self._bars is None:
            say(line)
        else:
            self._bars.console.print(line, markup=False, highlight=False)

    def end(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = self._task = None


class Patient:
    """Another display, used only for tasks that take longer than `patience_s`."""

    def __init__(self, shown: Progress, *, patience_s: float = _PATIENCE_S) -> None:
        self._shown = shown
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._begun = False
        self._steps = 0

    def start(self, what: str, *, total: int | None = None) -> None:
        self.end()
        # A thread, because the work may be one long call that never reports its progress.
        timer = threading.Timer(self._patience_s, lambda: self._show(timer, what, total))
        timer.daemon = True
        with self._lock:
            self._timer, self._steps = timer, 0
        timer.start()

    def _show(self, timer: threading.Timer, what: str, total: int | None) -> None:
        with self._lock:
            if self._timer is timer:
                self._begun = True
                self._shown.start(what, total=total)
                self._shown.advance(self._steps)

    def advance(self, steps: int = 1) -> None:
        with self._lock:
            if self._begun:
                self._shown.advance(steps)
            else:
                self._steps += steps

    def say(self, line: str) -> None:
        self._shown.say(line)

    def end(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if self._begun:
                self._shown.end()
            self._begun = False
