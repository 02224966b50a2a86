"""Journal file of a target, and the lock that lets one deployment write it at a time."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mlgit.core.deploy.journal import Journal, read_journal, write_entry
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.deploy.journal import Entry
    from mlgit.core.progress import Progress

_EVERY_S = 0.2
_LONGEST_HOLDER = 400


class JournalFile:
    """The journal of one environment on a target.

    Args:
        path: absolute; need not exist.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> Journal:
        """What happened here so far."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return Journal()
        with open(descriptor, encoding="utf-8", errors="replace", newline="\n") as file:
            return read_journal(file.read())

    def append(self, entry: Entry) -> None:
        """Write one line and wait until the disk has it; a torn last line is cut off first."""
        new = not os.path.lexists(self.path)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            end = _whole_lines(descriptor)
            try:
                _write(descriptor, write_entry(entry).encode(), at=end)
            except OSError:
                # A disk that is full: what did not fit must not stand there as half a line.
                with suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(os.path.dirname(self.path))


def _whole_lines(descriptor: int) -> int:
    """Where the next line begins; whatever stands behind the last line break is cut off."""
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


def sync_folder(path: str) -> None:
    """Wait until the disk knows the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: str, *, holder: str, wait_s: float, progress: Progress) -> Iterator[None]:
    """Hold the lock of a target; whoever dies lets it go.

    Args:
        path: the lock's file, absolute; it stays.
        holder: who we are, for whoever has to wait.
        wait_s: how long to wait for another one.
        progress: told for whom we wait.

    Raises:
        StateError: somebody else held it all the time.
    """
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        until = time.monotonic() + wait_s
        told = False
        while not _taken(descriptor):
            other = _holder(descriptor)
            if time.monotonic() >= until:
                raise StateError(
                    f"Another deployment is at work there: {other}",
                    hint="wait for it to end, then run this again",
                    details=(f"lock {path}",),
                )
            if not told:
                progress.say(f"Waiting for another deployment: {other}")
                told = True
            time.sleep(_EVERY_S)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # on a full disk nobody learns who it is, that is all
            _write(descriptor, holder.encode()[:_LONGEST_HOLDER], at=0)
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    """What stands in the lock's file; anybody may have written it, and it goes to a terminal."""
    text = os.pread(descriptor, _LONGEST_HOLDER, 0).decode("utf-8", "replace").strip()
    said = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return said or "somebody who did not say who"
