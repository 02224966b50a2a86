"""Hashes: MD5 of files and directories as DVC computes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""The beginning of a pointer, which Git LFS leaves in Git instead of a file."""
_CHUNK = 1 << 20
_TEXT_PROBE = 512
_LARGE_BYTES = 8 << 20
_TEXT_BYTES = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOSTLY_TEXT = 0.30

UNREADABLE = "unreadable"
"""Replaces a hash: the file exists but cannot be read. Not equal to any hash."""
UNKNOWN = "unknown"
"""Replaces a hash: the content is not on this machine."""
LFS = "in Git LFS"
"""Replaces a hash: the content is in Git LFS, and not on this machine."""
FILTERED = "filtered"
"""Replaces a hash: git runs a filter on the file before it is on disk."""
OUTSIDE = "outside"
"""Replaces a hash: the path is outside the repository, and this machine does not have it."""
SUBMODULE = "submodule"
"""Replaces a hash: the path is in a submodule that is not here."""
MIXED = "in Git as well"
"""Replaces a hash: Git has files in a folder of DVC, whose listing is not on this machine."""
LEFT_OUT = "left out"
"""Replaces a hash: some of the content is outside of the sparse checkout."""


class Hashes(Protocol):
    """Content hashes of one state."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file or directory."""

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file, or of a directory (ending with `.dir`); None if it does not exist.

        `UNREADABLE` if it exists and cannot be read; for a commit also one of the other words above,
        on disk also `LEFT_OUT`.
        """

    def files(self, folder: str, *, legacy: bool) -> Mapping[str, str] | None:
        """Relative path -> MD5 of the files of a folder that are on disk; None if `md5` has all of it."""

    def resolved(self, path: str) -> str:
        """The path after following links, as long as that is in the repository."""

    def covers(self, folder: str, path: str) -> bool:
        """Whether the hash of a folder is of this file in it, too: DVC does not see every file."""

    def doubt(self, path: str) -> str | None:
        """`LFS` or `FILTERED` if the bytes at this path may not be those that a stage reads; else None."""


class _Md5(Protocol):
    def update(self, content: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def bytes_md5(content: bytes, *, legacy: bool = False) -> str:
    """The MD5 of a content; `legacy`: as DVC 2 did, with LF instead of CRLF in texts."""
    digest = _new_md5(len(content))
    for start in range(0, max(1, len(content)), _CHUNK):
        chunk = content[start : start + _CHUNK]
        digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _is_text(chunk) else chunk)
    return digest.hexdigest()


def file_md5(path: str, *, legacy: bool = False, on_read: Callable[[int], None] | None = None) -> str:
    """The MD5 of a file on disk, read in pieces; `on_read` gets the size of each in bytes."""
    with open(path, "rb") as file:
        digest = _new_md5(os.fstat(file.fileno()).st_size)
        while chunk := file.read(_CHUNK):
            digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _is_text(chunk) else chunk)
            if on_read is not None:
                on_read(len(chunk))
    return digest.hexdigest()


def _new_md5(size_bytes: int) -> _Md5:
    # OpenSSL is a third faster, but loading it takes 5 ms: longer than hashing a small repository's files.
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


def _is_text(chunk: bytes) -> bool:
    block = chunk[:_TEXT_PROBE]
    if not block:
        return True
    return b"\0" not in block and len(block.translate(None, _TEXT_BYTES)) / len(block) <= _MOSTLY_TEXT
