"""Demo: what `mlgit demo` did, step by step."""

from __future__ import annotations

from mlgit.core.record import record


@record
class DemoStep:
    """One command the demo ran as a process of its own, or one edit it made (`exit_code` None)."""

    chapter: str
    command: str
    exit_code: int | None
    seconds: float


@record
class Demo:
    """The whole walk.

    `folder` holds everything, `repository` is the clone in it to go on playing with. `walked` is
    False when the project was only created.
    """

    folder: str
    repository: str
    walked: bool
    steps: tuple[DemoStep, ...]
    seconds: float
