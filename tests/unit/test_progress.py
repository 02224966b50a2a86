"""Below cli, progress is silent unless somebody passes one that speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
