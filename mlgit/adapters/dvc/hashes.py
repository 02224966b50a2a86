"""Hashes: MD5 of files and directories as DVC takes them, on disk and at a commit.

On disk a hash is remembered by fingerprint (size, modification and change time, inode); a file touched
in the last moments is never trusted, because a second write in the same tick would look the same.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlgit.core.tree import Tree

_RACY_NS = 2_000_000_000
_CHUNK = 1 << 20
_TEXT_PROBE = 512
_LARGE_BYTES = 8 << 20
_TEXT_BYTES = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOSTLY_TEXT = 0.30
_NEVER_DATA = frozenset({".git", ".hg", ".dvc"})
_HEADER = "mlgit fingerprints 1"


class Hashes(Protocol):
    """Content hashes of one state."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file or directory."""

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file, or of a directory (then ending with `.dir`); None when it is not there."""


class _Md5(Protocol):
    def update(self, content: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class _Known(NamedTuple):
    fingerprint: str
    md5: str


def bytes_md5(content: bytes, *, legacy: bool = False) -> str:
    """The MD5 of a content; `legacy` as DVC 2 did, text with LF instead of CRLF."""
    digest = _new_md5(len(content))
    for start in range(0, max(1, len(content)), _CHUNK):
        chunk = content[start : start + _CHUNK]
        digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _texty(chunk) else chunk)
    return digest.hexdigest()


def file_md5(path: str, *, legacy: bool = False) -> str:
    """The MD5 of a file on disk, read in pieces."""
    with open(path, "rb") as file:
        digest = _new_md5(os.fstat(file.fileno()).st_size)
        while chunk := file.read(_CHUNK):
            digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _texty(chunk) else chunk)
    return digest.hexdigest()


def _new_md5(size_bytes: int) -> _Md5:
    # OpenSSL is a third faster, but takes 5 ms to load: more than a small repository's files take to hash.
    if size_bytes < _LARGE_BYTES:
        try:
            from _md5 import md5
        except ImportError:  # a Python built without it
            pass
        else:
            made: _Md5 = md5(usedforsecurity=False)
            return made
    from hashlib import md5 as openssl_md5

    return openssl_md5(usedforsecurity=False)


def listing_md5(entries: Iterable[tuple[str, str]]) -> str:
    """The hash of a directory from (relative path, MD5) of its files, as DVC writes its listing."""
    import json

    listing = [{"md5": md5, "relpath": relpath} for relpath, md5 in sorted(entries)]
    return bytes_md5(json.dumps(listing, sort_keys=True).encode()) + ".dir"


def _texty(chunk: bytes) -> bool:
    block = chunk[:_TEXT_PROBE]
    if not block:
        return True
    return b"\0" not in block and len(block.translate(None, _TEXT_BYTES)) / len(block) <= _MOSTLY_TEXT


class CommitHashes:
    """Hashes of what a commit holds in Git."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._paths = set(tree.paths())
        self._contents: dict[str, bytes] = {}

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read these files in one round trip."""
        wanted = [path for path in paths if path in self._paths and path not in self._contents]
        self._contents.update(self._tree.read_many(wanted))

    def exists(self, path: str) -> bool:
        """Whether the commit holds it."""
        return path in self._paths or any(name.startswith(f"{path}/") for name in self._paths)

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or directory in Git."""
        if path in self._paths:
            self.prefetch([path])
            return bytes_md5(self._contents[path], legacy=legacy) if path in self._contents else None
        inside = [name for name in self._paths if name.startswith(f"{path}/")]
        if not inside:
            return None
        self.prefetch(inside)
        return listing_md5(
            (name[len(path) + 1 :], bytes_md5(self._contents[name], legacy=legacy)) for name in inside
        )


class WorkspaceHashes:
    """Hashes of what is on disk.

    Args:
        root: the root of the working tree.
        folder: where fingerprints are kept between runs; None keeps none.
    """

    def __init__(self, root: str, *, folder: str | None) -> None:
        self._root = root
        self._file = None if folder is None else os.path.join(folder, "fingerprints")
        self._known: dict[str, _Known] | None = None
        self._answers: dict[tuple[str, bool], str | None] = {}
        self._new = False
        self._ignores: Callable[[str, bool], bool] | None = None

    def exists(self, path: str) -> bool:
        """Whether it is on disk."""
        return os.path.exists(os.path.join(self._root, path))

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or directory on disk."""
        asked = (path, legacy)
        if asked not in self._answers:
            self._answers[asked] = self._look(path, legacy=legacy)
        return self._answers[asked]

    def extent(self, path: str) -> tuple[int | None, int | None]:
        """Size in bytes and number of files of what is on disk; None where there is nothing."""
        full = os.path.join(self._root, path)
        try:
            if os.path.isdir(full):
                files = [facts.st_size for _, facts in self._walk(path, "")]
                return sum(files), len(files)
            return os.stat(full).st_size, 1
        except OSError:
            return None, None

    def _look(self, path: str, *, legacy: bool) -> str | None:
        full = os.path.join(self._root, path)
        try:
            facts = os.stat(full)
            if os.path.isdir(full):
                files = sorted(self._walk(path, ""))
                fingerprint, newest = _fingerprint_of_directory(files)
            else:
                files = None
                fingerprint, newest = _fingerprint(facts), max(facts.st_mtime_ns, facts.st_ctime_ns)
        except OSError:
            return None
        key = f"{path}\t{'2' if legacy else '3'}"
        known = self._load().get(key)
        if known is not None and known.fingerprint == fingerprint:
            return known.md5
        started = time.time_ns()
        try:
            if files is None:
                md5 = file_md5(full, legacy=legacy)
            else:
                md5 = listing_md5(
                    (name, file_md5(os.path.join(full, name), legacy=legacy)) for name, _ in files
                )
        except OSError:
            return None
        if newest + _RACY_NS < started:
            self._load()[key] = _Known(fingerprint, md5)
            self._new = True
        return md5

    def _walk(self, path: str, below: str) -> Iterator[tuple[str, os.stat_result]]:
        """Files under a directory by relative path, as DVC sees them."""
        if self._ignores is None:
            from mlgit.adapters.dvc.ignore import ignore_rules

            self._ignores = ignore_rules(self._root)
        place = os.path.join(path, below) if below else path
        with os.scandir(os.path.join(self._root, place)) as entries:
            for entry in entries:
                if entry.name in _NEVER_DATA:
                    continue
                is_folder = entry.is_dir()
                if self._ignores(f"{place}/{entry.name}", is_folder):
                    continue
                name = f"{below}/{entry.name}" if below else entry.name
                if is_folder:
                    yield from self._walk(path, name)
                else:
                    yield name, entry.stat()

    def save(self) -> None:
        """Remember what this run hashed, when it hashed something."""
        if not self._new or self._file is None:
            return
        import tempfile

        self._new = False
        lines = [_HEADER]
        for key, known in self._load().items():
            line = f"{key}\t{known.fingerprint}\t{known.md5}"
            if line.count("\t") == 3 and "\n" not in line:  # noqa: PLR2004 (a path with a tab is not kept)
                lines.append(line)
        folder = os.path.dirname(self._file)
        try:
            os.makedirs(folder, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", errors="surrogateescape", dir=folder, prefix="fp-", delete=False
            ) as file:
                file.write("\n".join(lines) + "\n")
            os.replace(file.name, self._file)
        except OSError:
            return

    def _load(self) -> dict[str, _Known]:
        if self._known is None:
            self._known = {}
            if self._file is not None:
                try:
                    with open(self._file, encoding="utf-8", errors="surrogateescape") as file:
                        lines = file.read().split("\n")
                except OSError:
                    lines = []
                if lines and lines[0] == _HEADER:
                    self._known = dict(filter(None, map(_read_line, lines[1:])))
        return self._known


def _read_line(line: str) -> tuple[str, _Known] | None:
    fields = line.split("\t")
    if len(fields) != 4:  # noqa: PLR2004 (path, dialect, fingerprint, MD5)
        return None
    path, dialect, fingerprint, md5 = fields
    return f"{path}\t{dialect}", _Known(fingerprint, md5)


def _fingerprint(facts: os.stat_result) -> str:
    return f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_ino}"


def _fingerprint_of_directory(files: list[tuple[str, os.stat_result]]) -> tuple[str, int]:
    """One fingerprint over all entries, and the newest time among them."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    newest = 0
    for name, facts in files:
        digest.update(f"{name}\0{_fingerprint(facts)}\n".encode("utf-8", "surrogateescape"))
        newest = max(newest, facts.st_mtime_ns, facts.st_ctime_ns)
    return f"dir:{len(files)}:{digest.hexdigest()}", newest
