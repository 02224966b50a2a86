"""Hashes: MD5 of files and directories as DVC takes them, and those of what a commit holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlgit.core.tree import Tree

_CHUNK = 1 << 20
_TEXT_PROBE = 512
_LARGE_BYTES = 8 << 20
_TEXT_BYTES = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOSTLY_TEXT = 0.30

UNREADABLE = "unreadable"
"""In the place of a hash: something is there, and nobody can tell what. It equals no hash."""


class Hashes(Protocol):
    """Content hashes of one state."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file or directory."""

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file, or of a directory (then ending with `.dir`); None when it is not there.

        `UNREADABLE` when it is there and cannot be read: never to be taken for what was recorded.
        """


class _Md5(Protocol):
    def update(self, content: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def bytes_md5(content: bytes, *, legacy: bool = False) -> str:
    """The MD5 of a content; `legacy` as DVC 2 did, text with LF instead of CRLF."""
    digest = _new_md5(len(content))
    for start in range(0, max(1, len(content)), _CHUNK):
        chunk = content[start : start + _CHUNK]
        digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _texty(chunk) else chunk)
    return digest.hexdigest()


def file_md5(path: str, *, legacy: bool = False, tell: Callable[[int], None] | None = None) -> str:
    """The MD5 of a file on disk, read in pieces; `tell` hears how many bytes each had."""
    with open(path, "rb") as file:
        digest = _new_md5(os.fstat(file.fileno()).st_size)
        while chunk := file.read(_CHUNK):
            digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _texty(chunk) else chunk)
            if tell is not None:
                tell(len(chunk))
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
        self._sorted = sorted(self._paths)
        self._contents: dict[str, bytes] = {}

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read these files in one round trip."""
        wanted = [path for path in paths if path in self._paths and path not in self._contents]
        self._contents.update(self._tree.read_many(wanted))

    def exists(self, path: str) -> bool:
        """Whether the commit holds it."""
        return path in self._paths or bool(self._inside(path))

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or directory in Git."""
        if path in self._paths:
            self.prefetch([path])
            return bytes_md5(self._contents[path], legacy=legacy) if path in self._contents else None
        inside = self._inside(path)
        if not inside:
            return None
        self.prefetch(inside)
        return listing_md5(
            (name[len(path) + 1 :], bytes_md5(self._contents[name], legacy=legacy)) for name in inside
        )

    def _inside(self, folder: str) -> list[str]:
        from bisect import bisect_left

        # "0" is what follows "/".
        start = bisect_left(self._sorted, f"{folder}/")
        return self._sorted[start : bisect_left(self._sorted, f"{folder}0", start)]
