"""Tag cache: the facts of each tag object of this clone, so that none is parsed twice.

Objects never change, so a fact by object id is never stale. One file serves all working trees of a clone,
with one line per tag. If two runs write at once, one loses what it read and reads it again the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.memory import Memory
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONG = "?"
"""Replaces a summary that would fill the cache; the message is read when it is needed."""
MISSING = "its object is missing"
"""The reason why a tag does not count whose object git cannot read."""

_NAME = "tag-facts"
# Raise this if summaries or flaws change: cached tags are never read again.
_FORMAT = 4
_FIELDS = 8
# Tags that the last full reading did not meet are dropped once there are this many, and more than those kept.
_SPARE = 1_000


class KnownTag(NamedTuple):
    """The facts of one tag object; `who` is the tagger.

    `summary` is the summary of its message (mlgit.core.registry.message_summary). `commit` is empty if it is
    not an annotated tag on a commit; `summary` then says why. All is ASCII on one line; only `summary` may
    contain tabs. `made_for` is the name in the object; `flaw` (empty if there is none) and `release` are what
    `mlgit.core.trust.look` sees.
    """

    commit: str
    tagged_at_s: int
    who: str
    summary: str
    made_for: str = ""
    flaw: str = ""
    release: str = ""


class TagCache:
    """The file in the folder of one clone's caches, which need not exist."""

    def __init__(self, folder: str) -> None:
        self._memory = Memory(folder, _NAME, format_number=_FORMAT)
        self._size = 0

    def read(self, oids: Collection[str]) -> dict[str, KnownTag]:
        """The cached facts of these objects."""
        found: dict[str, KnownTag] = {}
        lines = self._lines()
        self._size = len(lines)
        try:
            for line in lines:
                oid, commit, tagged_at_s, who, *seen, summary = line.split("\t", _FIELDS - 1)
                if oid in oids:
                    made_for, flaw, release = seen
                    found[oid] = KnownTag(commit, int(tagged_at_s), who, summary, made_for, flaw, release)
        except ValueError:
            return {}  # not written by us, although the checksum is right
        return found

    def oids(self) -> frozenset[str]:
        """The objects that were read before."""
        return frozenset(line.partition("\t")[0] for line in self._lines())

    def write(self, news: Mapping[str, KnownTag], *, keep: Collection[str] | None) -> None:
        """Add what was read; of the cached tags only `keep` stays (None: all of them)."""
        lines = self._lines()  # again: another run may have written meanwhile
        kept = [line for line in lines if keep is None or line.partition("\t")[0] in keep]
        known = {line.partition("\t")[0] for line in kept}
        kept += [_line(oid, tag) for oid, tag in news.items() if oid not in known]
        self._memory.write("\n".join(kept).encode("ascii"))

    def outgrown(self, used: int) -> bool:
        """Whether most of the file, as it was read, is about objects that no tag names any more."""
        return self._size - used > max(_SPARE, used)

    def _lines(self) -> list[str]:
        content = self._memory.read()
        return content.decode("ascii").split("\n") if content and content.isascii() else []


def _line(oid: str, tag: KnownTag) -> str:
    seen = f"{tag.made_for}\t{tag.flaw}\t{tag.release}"
    return f"{oid}\t{tag.commit}\t{tag.tagged_at_s}\t{tag.who}\t{seen}\t{tag.summary}"
