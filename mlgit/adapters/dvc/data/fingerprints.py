"""Fingerprints: what was seen of files and folders, so that what did not change is not read again.

The index is a cache in the git directory of this working tree: deleting it costs time and nothing else.
It is replaced as a whole, never edited, so that of two runs at once the later one wins and none breaks
it; its checksum tells a torn one. The format's number is in its path: other versions have their own.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from mlgit.core.pipeline.stages import is_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.pipeline.stages import Pointer

Facts = tuple[int, int, int, int]
"""Size in bytes, modification time and change time in ns, inode."""

# The coarsest clocks of file systems tick once in two seconds.
RACY_NS = 2_000_000_000
# Directories of fewer entries are listed before a process has started that does it.
LARGE = 2_000
_FOLDER = "status-1"
_HEADER = b"mlgit status index 1 "
_TABLES = ("files", "folders", "documents", "caches")
_SPARE = 1_000
# Another run may be writing.
_LEFT_NS = 24 * 3600 * 1_000_000_000


def facts_of(stat: os.stat_result) -> Facts:
    """What tells that a file is still the one that was seen.

    The change time cannot be put back by `touch`, and a file put in the place of another has its inode.
    """
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def now_ns() -> int:
    """The time of a look, to be compared with time stamps of files and with nothing else."""
    return time.time_ns()


def settled(mtime_ns: int, ctime_ns: int, looked_ns: int) -> bool:
    """Whether any later change would show in the facts that were seen at `looked_ns`.

    As in Git, what was touched in the moment of the look (or, by its own account, after it) could be
    changed again in the same tick. A modification time in the future is harmless beside an older change
    time; programs that unpack archives set such.
    """
    limit = looked_ns - RACY_NS
    return ctime_ns < limit and (mtime_ns < limit or mtime_ns > looked_ns + RACY_NS)


def checksum(content: bytes) -> str:
    """A short hash of anything that is ours alone (hashlib would load OpenSSL, which takes 5 ms)."""
    try:
        from _blake2 import blake2b
    except ImportError:  # a Python built without it
        from hashlib import blake2b
    return str(blake2b(content, digest_size=16).hexdigest())


class Index:
    """The fingerprints of one working tree.

    Paths are from its root. What was not settled when it was seen is never in here.

    Args:
        git_dir: the git directory of the working tree; None remembers nothing.
    """

    def __init__(self, git_dir: str | None) -> None:
        self.folder = None if git_dir is None else os.path.join(git_dir, "mlgit", _FOLDER)
        self._files: dict[str, list[object]] = {}
        self._folders: dict[str, list[object]] = {}
        self._documents: dict[str, list[object]] = {}
        self._caches: dict[str, list[object]] = {}
        self._asked: set[str] = set()
        self._learned = False
        self._load()

    def file(self, path: str, facts: Facts, *, legacy: bool) -> str | None:
        """The MD5 of a file, if it is the one that was seen."""
        key = _key(path, legacy=legacy)
        self._asked.add(key)
        known = self._files.get(key)
        if known is None or len(known) != 5 or tuple(known[:4]) != facts:  # noqa: PLR2004 (facts and MD5)
            return None
        return known[4] if isinstance(known[4], str) and is_hash(known[4]) else None

    def learn_file(self, path: str, facts: Facts, md5: str, *, legacy: bool, looked_ns: int) -> None:
        """Remember a file that was hashed after `looked_ns`, unless it is too fresh to be told apart."""
        if settled(facts[1], facts[2], looked_ns):
            self._files[_key(path, legacy=legacy)] = [*facts, md5]
            self._learned = True

    def directory(self, path: str, digest: str, *, legacy: bool) -> str | None:
        """The MD5 of a directory, if the digest over all of its entries is the one that was seen."""
        key = _key(path, legacy=legacy)
        self._asked.add(key)
        known = self._folders.get(key)
        if known is None or len(known) != 3 or known[0] != digest:  # noqa: PLR2004 (digest, MD5, count)
            return None
        return known[1] if isinstance(known[1], str) and is_hash(known[1]) else None

    def learn_directory(
        self, path: str, digest: str, md5: str, *, legacy: bool, entries: int, fresh: bool
    ) -> None:
        """Remember a directory; of a fresh one only how large it is."""
        known = ["" if fresh else digest, md5, entries]
        key = _key(path, legacy=legacy)
        if self._folders.get(key) != known:
            self._folders[key] = known
            self._learned = True

    def large_directories(self, entries: int) -> list[str]:
        """The directories that had at least so many entries, the largest first."""
        found: dict[str, int] = {}
        for key, known in self._folders.items():
            count = known[2] if len(known) == 3 else 0  # noqa: PLR2004 (digest, MD5, count)
            if isinstance(count, int) and count >= entries:
                found[key.rstrip("\0")] = count
        return sorted(found, key=found.__getitem__, reverse=True)

    def document(self, path: str, facts: Facts) -> tuple[object] | None:
        """What the YAML file means, if it is the one that was seen; in a tuple, because it may mean None."""
        self._asked.add(path)
        known = self._documents.get(path)
        if known is None or len(known) != 5 or tuple(known[:4]) != facts:  # noqa: PLR2004 (facts and value)
            return None
        return (known[4],)

    def learn_document(self, path: str, facts: Facts, value: object, *, looked_ns: int) -> None:
        """Remember a parsed file that was read after `looked_ns`; its value must survive JSON."""
        if settled(facts[1], facts[2], looked_ns):
            self._documents[path] = [*facts, value]
            self._learned = True

    def complete(self, pointer: Pointer, state: str) -> bool | None:
        """Whether the cache has every file of a directory, if it is in the state that was seen."""
        key = _key(pointer.md5, legacy=pointer.legacy)
        self._asked.add(key)
        known = self._caches.get(key)
        if known is None or len(known) != 2 or known[0] != state:  # noqa: PLR2004 (state and answer)
            return None
        return known[1] is True

    def learn_complete(self, pointer: Pointer, state: str, *, known: bool) -> None:
        """Remember whether the cache has every file of a directory."""
        self._caches[_key(pointer.md5, legacy=pointer.legacy)] = [state, known]
        self._learned = True

    def save(self) -> None:
        """Write what this run learned, when it learned something."""
        if not self._learned or self.folder is None:
            return
        import json

        self._learned = False
        every = (self._files, self._folders, self._documents, self._caches)
        tables = [self._kept(table) for table in every]
        body = json.dumps(dict(zip(_TABLES, tables, strict=True))).encode()
        write_whole(self.folder, "index", [_HEADER, checksum(body).encode(), b"\n", body])
        _sweep(self.folder, {"index", *map(_directory_file, tables[1])})

    def _kept(self, table: dict[str, list[object]]) -> dict[str, list[object]]:
        """What was asked for, and of the rest what does not outgrow it: paths come and go."""
        others = [key for key in table if key not in self._asked]
        spare = max(_SPARE, len(table) - len(others))
        dropped = set(others[: max(0, len(others) - spare)])
        return {key: value for key, value in table.items() if key not in dropped} if dropped else table

    def _load(self) -> None:
        if self.folder is None:
            return
        try:
            with open(os.path.join(self.folder, "index"), "rb") as file:
                head = file.readline(len(_HEADER) + 64)
                body = file.read()
        except OSError:
            return
        if head != _HEADER + checksum(body).encode() + b"\n":
            return
        import json

        try:
            tables = json.loads(body)
            found = [tables[name] for name in _TABLES]
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        if all(isinstance(table, dict) and _lists(table.values()) for table in found):
            self._files, self._folders, self._documents, self._caches = found


def directory_file(path: str, *, legacy: bool) -> str:
    """The name of the file beside the index that has the entries of a directory."""
    return _directory_file(_key(path, legacy=legacy))


def _directory_file(key: str) -> str:
    return f"directory-{checksum(key.encode('utf-8', 'surrogateescape'))}"


def write_whole(folder: str, name: str, pieces: Iterable[bytes]) -> None:
    """Put a file in the place of another one in one step; where that is not allowed, not at all."""
    import tempfile

    try:
        os.makedirs(folder, exist_ok=True)
        handle, place = tempfile.mkstemp(dir=folder, prefix="new-")
        try:
            with open(handle, "wb") as file:  # a full disk may be told as late as at the end
                file.writelines(pieces)
            os.replace(place, os.path.join(folder, name))
        except BaseException:
            os.unlink(place)
            raise
    except OSError:
        return


def _sweep(folder: str, kept: set[str]) -> None:
    """Remove what killed runs left, and what was known of directories that are no outputs any more."""
    limit = now_ns() - _LEFT_NS
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name not in kept and entry.stat().st_mtime_ns < limit:
                    os.unlink(entry.path)
    except OSError:
        return


def _key(path: str, *, legacy: bool) -> str:
    return f"{path}\0" if legacy else path


def _lists(values: Iterable[object]) -> bool:
    return all(isinstance(value, list) for value in values)
