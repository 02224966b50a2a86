"""Folder memory: the MD5 of each file of a large directory, so that one changed file costs one hash.

One file a directory beside the index, read only when the directory changed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.fingerprints import checksum, directory_file, settled, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlgit.adapters.dvc.data.listing import Entry

_HEADER = b"mlgit directory 1 "
# Less than this is hashed anew in no time.
_WORTH_BYTES = 4 << 20
_WORTH_FILES = 200


def worth_caching(entries: list[Entry]) -> bool:
    """Whether hashing all of them would be felt."""
    return len(entries) >= _WORTH_FILES or sum(entry.facts[0] for entry in entries) >= _WORTH_BYTES


class DirectoryHashes:
    """What was seen of one directory's files.

    Args:
        folder: where the index is; None remembers nothing.
        path: the directory, from the root of the working tree.
        legacy: whether its files are hashed as DVC 2 did.
    """

    def __init__(self, folder: str | None, path: str, *, legacy: bool) -> None:
        self._folder = folder
        self._name = directory_file(path, legacy=legacy)

    def read(self) -> Callable[[Entry], str | None]:
        """A question: the MD5 of a file, if it is the one that was seen."""
        known: dict[bytes, bytes] = {}
        if self._folder is not None:
            try:
                with open(os.path.join(self._folder, self._name), "rb") as file:
                    head = file.readline(len(_HEADER) + 64)
                    body = file.read()
            except OSError:
                head = body = b""
            if head == _HEADER + checksum(body).encode() + b"\n":
                fields = body.split(b"\0")
                known = dict(zip(fields[0::2], fields[1::2], strict=False))

        def md5(entry: Entry) -> str | None:
            found = known.get(_identity(entry))
            return None if found is None else found.decode("ascii", "replace")

        return md5

    def write(self, found: Iterable[tuple[Entry, str]], *, looked_ns: int) -> None:
        """Remember the files that any later change would show of."""
        if self._folder is not None:
            body = b"\0".join(_fields(found, looked_ns))
            write_whole(self._folder, self._name, (_HEADER, checksum(body).encode(), b"\n", body))


def _fields(found: Iterable[tuple[Entry, str]], looked_ns: int) -> Iterator[bytes]:
    for entry, md5 in found:
        if settled(entry.facts[1], entry.facts[2], looked_ns):
            yield _identity(entry)
            yield md5.encode()


def _identity(entry: Entry) -> bytes:
    size, mtime_ns, ctime_ns, inode = entry.facts
    return b"%d %d %d %d %s" % (size, mtime_ns, ctime_ns, inode, os.fsencode(entry.name))
