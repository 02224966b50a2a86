"""Commands: run mlgit in forks of this process, and kill some of them.

The real command line runs in the fork, which saves the start of an interpreter; a SIGKILL is a real one.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.history.calls import Call

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.shell import Folder

PUSH_TIMEOUT_S = 5.0
LONGEST_S = 90.0
# Modules that the commands load lazily, loaded once before any fork.
LOADED = (
    *("mlgit.cli.main", "mlgit.cli.shell.failure"),
    *(f"mlgit.cli.{name}" for name in ("history", "models", "promote", "push", "release")),
    *(f"mlgit.cli.{name}" for name in ("deregister", "rollback", "show", "unassign")),
    *(f"mlgit.operations.{name}" for name in ("history", "models", "promote", "push", "release", "show")),
    *(f"mlgit.operations.{name}" for name in ("deregister", "rollback", "unassign")),
    *("mlgit.project.opening", "mlgit.project.pipeline.evidence", "mlgit.project.gates.judge"),
    *(f"mlgit.project.{name}" for name in ("release.provenance", "registry.read", "release.change")),
    *("mlgit.render.formats.jsonout", "mlgit.render.console", "mlgit.adapters.dvc.engine"),
    *("dvc.repo", "jsonschema"),
)
YEARS = timedelta(days=3652)


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """When a command is killed: after `seconds`, or before (or `after`) its n-th start of git.

    With `group`, its git is killed with it, on the `file` transport also the server's git.
    """

    seconds: float | None = None
    at_git: int | None = None
    after: bool = False
    group: bool = False

    def __str__(self) -> str:
        when = (
            "at a moment" if self.at_git is None else f"{'after' if self.after else 'before'} a start of git"
        )
        return f"kill{' the group' if self.group else ''} {when}"


@dataclass(slots=True, kw_only=True)
class Run:
    """One command in one clone."""

    id: str
    clone: Folder
    argv: Sequence[str]
    death: Death | None = None
    skew: timedelta = field(default_factory=timedelta)
    fetches: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The result; `status` is None if it was killed."""

    start: float
    end: float
    status: int | None
    answer: dict[str, Any]


def load() -> None:
    for name in LOADED:
        import_module(name)


def run(command: Run, scratch: Path) -> Ended:
    """Run a command in a fork, kill it if it has a `death`, and read its output."""
    output_file = scratch / f"{command.id}.out"
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(command, output_file))
    status = _wait(child, command.death)
    end = time.monotonic()
    if status not in {None, Exit.DONE, Exit.BLOCKED, Exit.STATE, Exit.TOOL}:
        sys.stderr.write(f"{command.id} {command.argv} -> {status}\n{_errors(output_file)}\n")
    return Ended(start=start, end=end, status=status, answer=_answer(output_file))


def _wait(child: int, death: Death | None) -> int | None:
    """The exit code; None if it was killed, 124 if it was killed because it took too long."""
    process = os.pidfd_open(child)
    try:
        wait_s = LONGEST_S if death is None or death.seconds is None else death.seconds
        overdue = not select.select([process], [], [], wait_s)[0]
        if overdue:
            group = death is None or death.group
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(process)
    if code >= 0:
        return code
    return None if death is not None else 124


def _in_child(command: Run, output_file: Path) -> int:
    try:
        # Its own group; the parent may kill it before the group exists, which is fine.
        os.setsid()
        os.chdir(command.clone.path)
        os.environ |= {"GIT_COMMITTER_NAME": command.id, "GIT_COMMITTER_EMAIL": f"{command.id}@example.org"}
        output = os.open(output_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        errors = os.open(f"{output_file}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        _change_the_world(command)
        from mlgit.cli.main import run as run_mlgit

        status = run_mlgit(command.argv)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 (nothing may run on in a fork)
        traceback.print_exc()
        sys.stderr.flush()
        return 99
    return status


def _change_the_world(command: Run) -> None:
    """Set another clock, a shorter timeout, no fetch, and when to die."""
    from mlgit.adapters.git import push
    from mlgit.cli.shell import session
    from mlgit.project.release import fetching

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = UTC) -> datetime:  # type: ignore[override]  # noqa: ANN401
            return datetime.fromtimestamp(time.time(), tz) + command.skew

    session.datetime = Clock  # type: ignore[attr-defined]
    push.PUSH_TIMEOUT_S = PUSH_TIMEOUT_S
    push.push_refs.__kwdefaults__ = {"move": None, "timeout_s": PUSH_TIMEOUT_S}
    if not command.fetches:
        fetching.refresh = lambda *_, **__: None
    death = command.death
    if death is not None and death.at_git is not None:
        _die_at(death)


def _die_at(death: Death) -> None:
    begun = subprocess.Popen.__init__
    count = 0

    def counted(self: Any, argv: Any, *more: Any, **options: Any) -> None:  # noqa: ANN401
        nonlocal count
        count += 1
        if count == death.at_git and not death.after:
            _die(death)
        begun(self, argv, *more, **options)
        if count == death.at_git:
            _die(death)

    setattr(subprocess.Popen, "__init__", counted)  # noqa: B010 (mypy would check its overloads)


def _die(death: Death) -> None:
    if death.after:
        # At a random moment of what git does.
        time.sleep(random.random() ** 3 / 10)  # noqa: S311 (no secret)
    (os.killpg if death.group else os.kill)(os.getpid(), signal.SIGKILL)


def _answer(output_file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(output_file.read_text(encoding="utf-8"))
        return found
    return {}


def _errors(output_file: Path) -> str:
    with suppress(OSError):
        return output_file.with_name(f"{output_file.name}.err").read_text(encoding="utf-8", errors="replace")
    return ""


def recorded(
    command: Run,
    ended: Ended,
    *,
    seen: float | None = None,
    verb: str,
    **asked: Any,  # noqa: ANN401
) -> Call:
    """The call in the form that the checker reads."""
    return Call(
        id=command.id,
        clone=command.clone.path.name,
        verb=verb,
        start=ended.start,
        end=ended.end,
        seen=ended.start if seen is None else seen,
        status=ended.status,
        answer=ended.answer,
        fault=None if command.death is None else str(command.death),
        **asked,
    )
