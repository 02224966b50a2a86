"""Progress: silent below cli unless the caller passes a display."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlgit.cli.shell.progress import Patient
from mlgit.core.progress import Silent

if TYPE_CHECKING:
    import pytest

    from mlgit.core.progress import Progress


def test_silent_progress_accepts_every_call_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    progress: Progress = Silent()
    progress.start("fetch", total=3)
    progress.advance()
    progress.advance(2)
    progress.say("a line")
    progress.end()
    assert capfd.readouterr() == ("", "")


class _Shown:
    """A display that records its calls, and signals the first step."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.begun = threading.Event()

    def start(self, what: str, *, total: int | None = None) -> None:
        self.calls.append((what, total))

    def advance(self, steps: int = 1) -> None:
        self.calls.append(steps)
        self.begun.set()

    def say(self, line: str) -> None:
        self.calls.append(line)

    def end(self) -> None:
        self.calls.append("end")


def test_a_task_that_ends_at_once_is_not_shown() -> None:
    shown = _Shown()
    progress: Progress = Patient(shown, patience_s=60)
    progress.start("fetch", total=3)
    progress.advance(2)
    progress.say("a line")
    progress.end()
    progress.end()
    assert shown.calls == ["a line"]


def test_a_longer_task_is_shown_with_its_steps() -> None:
    shown = _Shown()
    progress: Progress = Patient(shown, patience_s=0)
    progress.start("fetch", total=3)
    assert shown.begun.wait(60)
    progress.advance(2)
    progress.start("again")
    progress.end()
    # Whether the second is shown depends on timing; the first was shown, and ended before it.
    assert shown.calls[:4] == [("fetch", 3), 0, 2, "end"]
