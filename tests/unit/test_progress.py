"""Below cli, progress is silent unless somebody passes one that speaks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlgit.cli.shell.progress import Patient
from mlgit.core.progress import Silent

if TYPE_CHECKING:
    import pytest

    from mlgit.core.progress import Progress


def test_silent_progress_takes_every_call_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    progress: Progress = Silent()
    progress.start("fetch", total=3)
    progress.advance()
    progress.advance(2)
    progress.say("a line")
    progress.end()
    assert capfd.readouterr() == ("", "")


class _Shown:
    """A display that remembers, and says when it was begun."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.begun = threading.Event()

    def start(self, what: str, *, total: int | None = None) -> None:
        self.told.append((what, total))

    def advance(self, steps: int = 1) -> None:
        self.told.append(steps)
        self.begun.set()

    def say(self, line: str) -> None:
        self.told.append(line)

    def end(self) -> None:
        self.told.append("end")


def test_what_is_over_in_a_moment_is_not_shown() -> None:
    shown = _Shown()
    progress: Progress = Patient(shown, patience_s=60)
    progress.start("fetch", total=3)
    progress.advance(2)
    progress.say("a line")
    progress.end()
    progress.end()
    assert shown.told == ["a line"]


def test_what_takes_longer_is_shown_as_far_as_it_is() -> None:
    shown = _Shown()
    progress: Progress = Patient(shown, patience_s=0)
    progress.start("fetch", total=3)
    assert shown.begun.wait(60)
    progress.advance(2)
    progress.start("again")
    progress.end()
    # Whether the second was shown is a matter of luck; the first was, and ended before it.
    assert shown.told[:4] == [("fetch", 3), 0, 2, "end"]
