"""Directory hashes: the MD5 of each file in a large directory, so that only changed files are hashed.

There is one file per directory next to the index; it is read only if the directory changed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.fingerprints import FORMAT, directory_file, settled
from mlgit.adapters.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlgit.adapters.dvc.data.listing import Entry

# Hashing less than this again takes no noticeable time.
_WORTH_BYTES = 4 << 20
_WORTH_FILES = 200


def worth_caching(entries: list[Entry]) -> bool:
    """Whether hashing all of them takes noticeable time."""
    return len(entries) >= _WORTH_FILES or sum(entry.facts[0] for entry in entries) >= _WORTH_BYTES


class DirectoryHashes:
    """The cached hashes of one directory's files in the index's `folder`; if it is None, nothing is kept."""

    def __init__(self, folder: str | None, path: str, *, legacy: bool) -> None:
        self._memory = Memory(folder, directory_file(path, legacy=legacy), format_number=FORMAT)

    def read(self) -> Callable[[Entry], str | None]:
        """Return a function: the MD5 of a file, or None if the file changed since."""
        fields = (self._memory.read() or b"").split(b"\0")
        known = dict(zip(fields[0::2], fields[1::2], strict=False))

        def md5(entry: Entry) -> str | None:
            found = known.get(_identity(entry))
            return None if found is None else found.decode("ascii", "replace")

        return md5

    def write(self, found: Iterable[tuple[Entry, str]], *, looked_ns: int) -> None:
        """Keep the hashes of files whose next change cannot go unnoticed."""
        fields = [
            field
            for entry, md5 in found
            if settled(entry.facts[1], entry.facts[2], looked_ns)
            for field in (_identity(entry), md5.encode())
        ]
        self._memory.write(b"\0".join(fields))


def _identity(entry: Entry) -> bytes:
    size, mtime_ns, ctime_ns, inode = entry.facts
    return b"%d %d %d %d %s" % (size, mtime_ns, ctime_ns, inode, os.fsencode(entry.name))
