"""Cache of tag facts: what every tag object of this clone says, so that none is read twice.

Objects never change, so that a fact by object id is never stale. One file for all working trees of a clone:
a line that tells the format and a checksum of the rest, then a line a tag. It is only ever replaced whole; of
two that write at once one loses what it knew, and reads it again the next time. What is torn, foreign or
written by a newer mlgit is as if it were not there.
"""

from __future__ import annotations

import os
import time
from binascii import crc32
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONG = "?"
"""Told instead of a gist that would fill the cache; the message is read when somebody asks."""
MISSING = "its object is missing"
"""Why a tag does not count whose object git cannot read."""

_NAME = "tag-facts"
# Another number as soon as any message is told otherwise: what stands in a cache is never read again.
_FORMAT = b"mlgit tag facts 1"
_FIELDS = 5
# What the last whole reading did not meet is dropped once it is this many, and as many as what is kept.
_SPARE = 1_000
_LONGEST_WRITE_S = 60


class KnownTag(NamedTuple):
    """What one tag object says; `who` is the tagger.

    `summary` is the summary of its message (mlgit.core.registry.message_summary). `commit` is empty if it is
    not an annotated tag on a commit; `summary` then says why. All is ASCII on one line; only `summary` may
    contain tabs.
    """

    commit: str
    tagged_at_s: int
    who: str
    summary: str


class TagCache:
    """The file in one clone.

    Args:
        folder: where this clone's caches are; need not exist.
    """

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, _NAME)
        self._size = 0

    def read(self, oids: Collection[str]) -> dict[str, KnownTag]:
        """What is known of these objects."""
        found: dict[str, KnownTag] = {}
        lines = self._lines()
        self._size = len(lines)
        try:
            for line in lines:
                oid, commit, tagged_at_s, who, summary = line.split("\t", _FIELDS - 1)
                if oid in oids:
                    found[oid] = KnownTag(commit, int(tagged_at_s), who, summary)
        except ValueError:
            return {}  # the checksum is right, and somebody else's hand was in it all the same
        return found

    def write(self, news: Mapping[str, KnownTag], *, keep: Collection[str] | None) -> None:
        """Add what was read; of what is in the file already only `keep` (None: all of it) stays.

        A clone that cannot be written to reads it again the next time.
        """
        lines = self._lines()  # again: somebody may have written meanwhile
        kept = [line for line in lines if keep is None or line.partition("\t")[0] in keep]
        known = {line.partition("\t")[0] for line in kept}
        kept += [_line(oid, tag) for oid, tag in news.items() if oid not in known]
        body = "\n".join(kept).encode("ascii")
        half = f"{self._path}.half"
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            _remove_left(half)
            with open(half, "xb") as file:  # who finds it there lets the other one write
                try:
                    file.write(b"%s %08x\n" % (_FORMAT, crc32(body)) + body)
                    file.flush()
                    os.replace(half, self._path)
                except OSError:
                    os.remove(half)
                    raise

    def outgrown(self, used: int) -> bool:
        """Whether most of the file, as it was read, is of objects that no tag names any more."""
        return self._size - used > max(_SPARE, used)

    def _lines(self) -> list[str]:
        try:
            with open(self._path, "rb") as file:
                head = file.readline(len(_FORMAT) + 10)
                body = file.read()
        except OSError:
            return []
        if head != b"%s %08x\n" % (_FORMAT, crc32(body)) or not body.isascii():
            return []
        return body.decode("ascii").split("\n") if body else []


def _remove_left(half: str) -> None:
    """Remove what somebody left who was killed while writing, or whose disk was full."""
    with suppress(FileNotFoundError):
        if abs(time.time() - os.stat(half).st_mtime) > _LONGEST_WRITE_S:
            os.remove(half)


def _line(oid: str, tag: KnownTag) -> str:
    return f"{oid}\t{tag.commit}\t{tag.tagged_at_s}\t{tag.who}\t{tag.summary}"
