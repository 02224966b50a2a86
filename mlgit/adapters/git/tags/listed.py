"""Listed: one listing of a clone's tags for a whole command, until a ref of a tag changes on disk."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FILES = ("packed-refs", "reftable/tables.list")
_FOLDERS = ("refs/tags", "refs/replace")
# A time on disk may be behind by that much: one without a fraction of a second, and any other one.
_COARSE_S, _FINE_S = 2.5, 0.05


# Path, times of change in ns, size and inode.
_Part = tuple[str, int, int, int, int]


class Stamp(NamedTuple):
    """What changes on disk with each tag that is written or deleted."""

    parts: tuple[_Part, ...]

    def older_than(self, moment_s: float) -> bool:
        """Whether any tag that was written after this moment would have given another stamp."""
        newest_s = max((max(part[1:3]) for part in self.parts), default=0) / 1e9
        coarse = any(part[1] % 10**9 == 0 for part in self.parts)
        return newest_s < moment_s - (_COARSE_S if coarse else _FINE_S)


class Started:
    """A listing that git makes from now on; call it for git's output."""

    def __init__(self, finish: Callable[[], bytes]) -> None:
        self._finish = finish
        self.begun_s = time.time()

    def __call__(self) -> bytes:
        return self._finish()


def stamp_of_tags(common_dir: str) -> Stamp | None:
    """The stamp of the tags in a Git directory; None if it cannot be read."""
    try:
        parts = tuple(_parts(common_dir))
    except OSError:
        return None
    return Stamp(parts)


def _parts(common_dir: str) -> Iterator[_Part]:
    """Files are replaced and not written into, so that their folders change."""
    for name in _FILES:
        path = os.path.join(common_dir, name)
        with suppress(FileNotFoundError):
            yield _part(path, os.stat(path))
    folders = [os.path.join(common_dir, name) for name in _FOLDERS]
    while folders:
        folder = folders.pop()
        with suppress(FileNotFoundError):
            yield _part(folder, os.stat(folder))
            with os.scandir(folder) as entries:
                folders += [entry.path for entry in entries if entry.is_dir()]


def _part(path: str, found: os.stat_result) -> _Part:
    return path, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
