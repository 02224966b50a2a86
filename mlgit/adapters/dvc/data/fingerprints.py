"""Fingerprints: sizes and times of files in earlier runs, so that unchanged files are not read again.

The index is a cache in the git directory of this working tree. It is replaced as a whole, so that two runs at
once cannot break it.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlgit.adapters.memory import Memory
from mlgit.core.pipeline.stages import Pointer, is_hash

if TYPE_CHECKING:
    _Table = dict[str, list[object]]

Facts = tuple[int, int, int, int]
"""Size in bytes, modification time and change time in ns, inode."""

# The coarsest clock of a file system ticks every two seconds.
RACY_NS = 2_000_000_000
# Directories with fewer entries are listed faster than a process starts.
LARGE = 2_000
FORMAT = 3
"""The format of the index and of the files next to it."""
_FOLDER = "status"
_TABLES = ("files", "folders", "documents", "caches")
_SPARE = 1_000
# Another run may be writing.
_ABANDONED_NS = 24 * 3600 * 1_000_000_000


def facts_of(stat: os.stat_result) -> Facts:
    """The facts that change when a file changes.

    `touch` cannot restore the change time, and a file that replaces another one has its own inode.
    """
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def now_ns() -> int:
    """The current time; compare it only with time stamps of files."""
    return time.time_ns()


def settled(mtime_ns: int, ctime_ns: int, looked_ns: int) -> bool:
    """Whether any later change would alter the facts that were read at `looked_ns`.

    As in Git, a file that changed while it was being read (or later, by its own time stamps) could change
    again within the same clock tick. A modification time in the future is harmless if the change time is old:
    programs that unpack archives set such times.
    """
    limit = looked_ns - RACY_NS
    return ctime_ns < limit and (mtime_ns < limit or mtime_ns > looked_ns + RACY_NS)


def checksum(content: bytes) -> str:
    """A short hash for mlgit's own use (hashlib would load OpenSSL, which takes 5 ms)."""
    try:
        from _blake2 import blake2b
    except ImportError:  # a Python built without it
        from hashlib import blake2b
    return str(blake2b(content, digest_size=16).hexdigest())


class Index:
    """The fingerprints of one working tree.

    Paths are from its root. Files that were not settled when they were read are never added. If `git_dir` is
    None, nothing is kept.
    """

    def __init__(self, git_dir: str | None) -> None:
        self.folder = None if git_dir is None else os.path.join(git_dir, "mlgit", _FOLDER)
        self._memory = Memory(self.folder, "index", format_number=FORMAT)
        self._asked: set[str] = set()
        self._learned = False
        cached = self._memory.read_json()
        tables: list[Any] = [cached.get(name) for name in _TABLES] if isinstance(cached, dict) else []
        if not tables or not all(map(_whole, tables)):
            tables = [{}, {}, {}, {}]
        self._files, self._folders, self._documents, self._caches = tables

    def file(self, path: str, facts: Facts, *, legacy: bool) -> str | None:
        """The MD5 of a file, unless its facts changed."""
        return _md5(self._recall(self._files, _key(path, legacy=legacy), facts, values=1))

    def learn_file(self, path: str, facts: Facts, md5: str, *, legacy: bool, looked_ns: int) -> None:
        """Keep the hash of a file that was read after `looked_ns`, if the file is settled."""
        if settled(facts[1], facts[2], looked_ns):
            self._files[_key(path, legacy=legacy)] = [*facts, md5]
            self._learned = True

    def directory(self, path: str, digest: str, *, legacy: bool) -> str | None:
        """The MD5 of a directory, unless the digest over all of its entries changed."""
        return _md5(self._recall(self._folders, _key(path, legacy=legacy), (digest,), values=2))

    def learn_directory(
        self, path: str, digest: str, md5: str, *, legacy: bool, entries: int, fresh: bool
    ) -> None:
        """Keep the hash of a directory; if it is fresh (not settled), only its number of entries."""
        known = ["" if fresh else digest, md5, entries]
        key = _key(path, legacy=legacy)
        if self._folders.get(key) != known:
            self._folders[key] = known
            self._learned = True

    def large_directories(self, entries: int) -> list[str]:
        """The directories that had at least this many entries, the largest first."""
        found: dict[str, int] = {}
        for key, known in self._folders.items():
            count = known[2] if len(known) == 3 else 0  # noqa: PLR2004 (digest, MD5, count)
            if isinstance(count, int) and count >= entries:
                found[key.rstrip("\0")] = count
        return sorted(found, key=found.__getitem__, reverse=True)

    def document(self, path: str, facts: Facts) -> tuple[object] | None:
        """The value of a YAML file, unless its facts changed; in a tuple, because it may be None."""
        known = self._recall(self._documents, path, facts, values=1)
        return None if known is None else (known[0],)

    def learn_document(self, path: str, facts: Facts, value: object, *, looked_ns: int) -> None:
        """Keep the value of a file that was read after `looked_ns`; it must round-trip through JSON."""
        if settled(facts[1], facts[2], looked_ns):
            self._documents[path] = [*facts, value]
            self._learned = True

    def complete(self, pointer: Pointer, state: str) -> bool | None:
        """Whether the DVC cache has every file of a directory; None if the cache's state changed."""
        key = _key(pointer.md5, legacy=pointer.legacy)
        known = self._recall(self._caches, key, (state,), values=1)
        return None if known is None else known[0] is True

    def learn_complete(self, pointer: Pointer, state: str, *, known: bool) -> None:
        self._caches[_key(pointer.md5, legacy=pointer.legacy)] = [state, known]
        self._learned = True

    def _recall(
        self, table: _Table, key: str, facts: tuple[object, ...], *, values: int
    ) -> list[object] | None:
        """The values under a key, which follow the facts in its entry; None if the facts changed."""
        self._asked.add(key)
        known = table.get(key)
        start = len(facts)
        if known is None or len(known) != start + values or tuple(known[:start]) != facts:
            return None
        return known[start:]

    def save(self) -> None:
        """Write the index, if this run learned something."""
        if not self._learned or self.folder is None:
            return
        self._learned = False
        tables = [self._kept(table) for table in (self._files, self._folders, self._documents, self._caches)]
        self._memory.write_json(dict(zip(_TABLES, tables, strict=True)))
        _sweep(self.folder, {"index", *map(directory_file, tables[1])})

    def _kept(self, table: _Table) -> _Table:
        """The entries that this run asked for, and a limited number of others, because paths disappear."""
        others = [key for key in table if key not in self._asked]
        spare = max(_SPARE, len(table) - len(others))
        dropped = set(others[: max(0, len(others) - spare)])
        return {key: value for key, value in table.items() if key not in dropped} if dropped else table


def directory_file(path: str, *, legacy: bool = False) -> str:
    """The name of the file with the hashes of a directory's entries; it is next to the index."""
    key = _key(path, legacy=legacy)
    return f"directory-{checksum(key.encode('utf-8', 'surrogateescape'))}"


def _sweep(folder: str, kept: set[str]) -> None:
    """Remove files of killed runs, and files of directories that are no longer outputs."""
    limit = now_ns() - _ABANDONED_NS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in kept and entry.stat().st_mtime_ns < limit:
                os.unlink(entry.path)


def _key(path: str, *, legacy: bool) -> str:
    return f"{path}\0" if legacy else path


def _md5(known: list[object] | None) -> str | None:
    return known[0] if known is not None and isinstance(known[0], str) and is_hash(known[0]) else None


def _whole(table: object) -> bool:
    return isinstance(table, dict) and all(isinstance(entry, list) for entry in table.values())
