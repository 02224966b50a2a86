"""Journal file of a target, with the lock that lets one deployment write at a time."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mlgit.core.deploy.journal import Entry, Journal, read_journal, write_entry
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.progress import Progress

_POLL_S = 0.2
_MAX_HOLDER_BYTES = 400


class JournalFile:
    """The journal of one environment on a target; its file (absolute) need not exist."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> Journal:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return Journal()
        with open(descriptor, encoding="utf-8", errors="replace", newline="\n") as file:
            return read_journal(file.read())

    def append(self, entry: Entry) -> None:
        """Write one line and wait until it is on the disk; a torn last line is cut off first."""
        new = not os.path.lexists(self.path)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            end = _whole_lines(descriptor)
            try:
                _write(descriptor, write_entry(entry).encode(), at=end)
            except OSError:
                # A full disk must not leave half a line.
                with suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync(os.path.dirname(self.path))


def _whole_lines(descriptor: int) -> int:
    """Cut off a torn last line; the position at which the next line begins."""
    size = os.fstat(descriptor).st_size
    end = size
    while end and os.pread(descriptor, 1, end - 1) != b"\n":
        end -= 1
    if end != size:
        os.ftruncate(descriptor, end)
    return end


def _write(descriptor: int, content: bytes, *, at: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, at)
        content, at = content[written:], at + written


def sync(path: str, flag: int = os.O_DIRECTORY) -> None:
    """Wait until the names in a folder are on the disk; with O_NOFOLLOW, the content of a file."""
    descriptor = os.open(path, os.O_RDONLY | flag)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: str, *, holder: str, wait_s: float, progress: Progress) -> Iterator[None]:
    """Hold the lock of a target; the system releases it if the process dies.

    The lock's file at `path` (absolute) is never removed; it describes its `holder` for those that wait.

    Raises:
        StateError: another process held it for all that time.
    """
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        _acquire(descriptor, path, wait_s, progress)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # on a full disk the lock holds, but without a holder to show
            _write(descriptor, holder.encode()[:_MAX_HOLDER_BYTES], at=0)
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def is_locked(path: str) -> bool:
    """Whether a deployment holds the lock now; a lock that cannot be tried counts as free."""
    import fcntl

    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def _acquire(descriptor: int, path: str, wait_s: float, progress: Progress) -> None:
    import fcntl

    until = time.monotonic() + wait_s
    waiting = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _holder(descriptor)
        else:
            return
        if time.monotonic() >= until:
            raise StateError(
                f"Another deployment is running there: {other}",
                hint="wait until it ends, then deploy again",
                details=(f"lock {path}",),
            )
        if not waiting:
            progress.say(f"Waiting for another deployment: {other}")
            waiting = True
        time.sleep(_POLL_S)


def _holder(descriptor: int) -> str:
    """The holder in the lock's file; any process may have written it, and it is shown on a terminal."""
    text = os.pread(descriptor, _MAX_HOLDER_BYTES, 0).decode("utf-8", "replace").strip()
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown or "an unknown process"
