"""Repro: `dvc repro` as a child process in its own group, with output on stderr; Ctrl-C reaches all of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.children import terminations_interrupt, without_our_tokens
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A training that is interrupted may want to write a checkpoint first.
_GRACE_S = 30.0
_TERM_S = 5.0
# The stage runs, or DVC takes its outputs from its cache of an earlier run with the same inputs.
_RUNNING = re.compile(r"^(?:Running stage '([^']+)':|Stage '([^']+)' is cached - skipping run.*)$")
_FAILED = re.compile(r"failed to reproduce(?: stages:)? '([^']+)'")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_KEPT_LINES = 40


@record
class Repro:
    """The result: DVC's exit code, the stages that ran, the one that failed, the last lines.

    `ran` includes `restored`, the stages whose outputs DVC took from its cache of an earlier run.
    """

    status: int
    ran: tuple[str, ...]
    failed: str | None
    last_lines: tuple[str, ...]
    restored: tuple[str, ...] = ()


def repro(root: str, targets: Sequence[str] = (), *, options: Sequence[str] = (), show: bool = True) -> Repro:
    """Run the pipelines of the DVC repositories below the Git root, or only these stages.

    Stages are addressed from the root. `show` passes the output of DVC and the stages on to stderr.

    Raises:
        KeyboardInterrupt: interrupted; the children have ended.
        StateError: there is no DVC repository.
    """
    from mlgit.adapters.dvc.engine.opening import by_repository, require_dvc_roots

    done = Repro(status=0, ran=(), failed=None, last_lines=())
    for relative, ours in by_repository(require_dvc_roots(root), targets):
        words = ["repro", *options, *(("--",) if ours else ("--all-pipelines",)), *_inside(relative, ours)]
        last = _run(os.path.normpath(os.path.join(root, relative)), words, show=show)
        ran = tuple(_from_root(relative, stage) for stage in last.ran)
        restored = done.restored + tuple(_from_root(relative, stage) for stage in last.restored)
        failed = last.failed and _from_root(relative, last.failed)
        done = replace(last, ran=done.ran + ran, failed=failed, restored=restored)
        if done.status:
            break
    return done


def _inside(relative: str, targets: Sequence[str]) -> list[str]:
    """Addresses from the Git root as addresses in a DVC repository below it."""
    if relative == ".":
        return list(targets)
    return [target.removeprefix(f"{relative}/").removeprefix("dvc.yaml:") for target in targets]


def _from_root(relative: str, stage: str) -> str:
    if relative == ".":
        return stage
    return f"{relative}/{stage}" if ":" in stage or stage.endswith(".dvc") else f"{relative}/dvc.yaml:{stage}"


def _run(folder: str, words: Sequence[str], *, show: bool) -> Repro:
    terminal = show and sys.stderr.isatty()
    ours, theirs = _terminal_pair() if terminal else os.pipe()
    # Without a terminal Python buffers whole blocks; users watch a run line by line.
    env = without_our_tokens(os.environ)
    env |= {"DVC_NO_ANALYTICS": "true", "PYTHONUNBUFFERED": "1"}
    try:
        with terminations_interrupt():
            child = subprocess.Popen(
                [sys.executable, "-m", "dvc", *words],
                cwd=folder,
                env=env,
                # A background group that reads from the terminal would be stopped for ever.
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                process_group=0,
            )
            try:
                os.close(theirs)
                theirs = -1
                lines = _Lines()
                for chunk in _chunks(ours):
                    lines.feed(chunk)
                    if show:
                        _pass_on(chunk)
                status = child.wait()
            except BaseException:
                _stop(child)
                raise
    finally:
        for end in (ours, theirs):
            if end >= 0:
                os.close(end)
    if status and lines.interrupted:
        raise KeyboardInterrupt
    return lines.result(status)


def _terminal_pair() -> tuple[int, int]:
    """A pseudo terminal as wide as ours, so that progress bars of the stages look as they should."""
    import fcntl
    import termios

    ours, theirs = os.openpty()
    with suppress(OSError):
        size = fcntl.ioctl(sys.stderr.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
    return ours, theirs


def _chunks(source: int) -> Iterator[bytes]:
    """The output as it arrives, until the last writer has closed it."""
    with suppress(OSError):  # a pseudo terminal ends with EIO
        while chunk := os.read(source, 65536):
            yield chunk


def _pass_on(chunk: bytes) -> None:
    sys.stderr.flush()
    view = memoryview(chunk)
    while view:
        view = view[os.write(sys.stderr.fileno(), view) :]


class _Lines:
    """Finds DVC's own lines in the stream."""

    def __init__(self) -> None:
        self._rest = ""
        self._kept: list[str] = []
        self._ran: list[str] = []
        self._restored: list[str] = []
        self._failed: str | None = None
        self.interrupted = False

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk.decode("utf-8", "replace")).split("\n")
        for line in lines:
            self._read(line)

    def result(self, status: int) -> Repro:
        if self._rest:
            self._read(self._rest)
        # A script may print a line like DVC's own; a run that succeeded has no failed stage.
        failed = self._failed if status else None
        return Repro(
            status=status,
            ran=tuple(self._ran),
            failed=failed,
            last_lines=tuple(self._kept),
            restored=tuple(self._restored),
        )

    def _read(self, line: str) -> None:
        text = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]
        if text.strip():
            self._kept = [*self._kept[-_KEPT_LINES + 1 :], text]
        running = _RUNNING.match(text)
        if running:
            self._ran.append(running.group(1) or running.group(2))
            self._restored += [running.group(2)] if running.group(2) else []
        failed = _FAILED.search(text)
        if failed and text.startswith("ERROR"):
            self._failed = failed.group(1)
        self.interrupted = text == "ERROR: interrupted by the user"


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the group with SIGINT, then SIGTERM, then SIGKILL; another Ctrl-C sends the next one at once."""
    for number, patience_s in ((signal.SIGINT, _GRACE_S), (signal.SIGTERM, _TERM_S), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(patience_s)
            break
    # DVC itself has ended; end the processes that its stages left in the group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
