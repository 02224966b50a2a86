"""Demo: the steps of `mlgit demo`."""

from __future__ import annotations

from mlgit.core.record import record


@record
class DemoStep:
    """One command that the demo ran, or one edit that it made (`exit_code` is None)."""

    chapter: str
    command: str
    exit_code: int | None
    seconds: float


@record
class Demo:
    """A whole demo.

    `folder` contains everything, `repository` is the clone in it. `walked` is False if the project was only
    created.
    """

    folder: str
    repository: str
    walked: bool
    steps: tuple[DemoStep, ...]
    seconds: float
