"""Tag reading: what tag objects say that nobody here has read yet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mlgit.adapters.git.tagcache import LONG, MISSING, KnownTag
from mlgit.adapters.git.tags.objects import parse_header
from mlgit.core.registry.message_summary import summarize

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.adapters.git.objects import GitObject, Objects
    from mlgit.adapters.git.tags.objects import TagHeader

LIGHTWEIGHT = "it is lightweight"
ON_NO_COMMIT = "it points at no commit"
# As git and mlgit write the header of a tag on a commit; any other is taken apart line by line.
_USUAL = re.compile(
    rb"object ([0-9a-f]+)\ntype commit\ntag [^\n]*\ntagger ([^\n]*)> ([0-9]{1,15}) [^ \n]*\n", re.ASCII
)
_NOTHING = KnownTag("", 0, "", MISSING)
_NO_TAG = KnownTag("", 0, "", LIGHTWEIGHT)
_NO_COMMIT = KnownTag("", 0, "", ON_NO_COMMIT)
_LONGEST_SUMMARY = 2_000


def read_objects(
    objects: Objects, oids: Sequence[str], *, replaced: Collection[str]
) -> tuple[dict[str, KnownTag], dict[str, KnownTag]]:
    """What objects say for ever, and what others of them say today.

    Tomorrow an object may be here that is not, and another may not be `replaced` by `git replace` any more.
    """
    lasting: dict[str, KnownTag] = {}
    passing: dict[str, KnownTag] = {}
    of_tags: list[tuple[str, bytes]] = []
    for oid, found in objects.each(oids):
        if found is None:
            passing[oid] = _NOTHING
            continue
        said = _look(found)
        if said is None:
            of_tags.append((oid, found.content))
        elif oid in replaced:
            passing[oid] = said
        else:
            lasting[oid] = said
    for oid, content in of_tags:
        passing[oid] = _look_behind(objects, content)
    return lasting, passing


def _look(found: GitObject) -> KnownTag | None:
    """What an object says; None when it is a tag of a tag, which says what that one points at."""
    if found.type != "tag":
        return _NO_TAG
    usual = _USUAL.match(found.content)
    if usual is not None:
        commit, who, clock = usual.groups()
        return _said(commit.decode(), int(clock), who, found.content)
    header = parse_header(found.content)
    if header is None or header.type not in {"commit", "tag"}:
        return _NO_COMMIT
    return _said_by(header, header.object, found.content) if header.type == "commit" else None


def _look_behind(objects: Objects, content: bytes) -> KnownTag:
    """What a tag of a tag says, which gto reads, too."""
    header = parse_header(content)
    target = None if header is None else objects.get(f"{header.object}^{{commit}}")
    return _NO_COMMIT if header is None or target is None else _said_by(header, target.oid, content)


def _said_by(header: TagHeader, commit: str, content: bytes) -> KnownTag:
    return _said(commit, header.tagged_at_s, f"{header.tagger} <{header.email}".encode(), content)


def _said(commit: str, tagged_at_s: int, who: bytes, content: bytes) -> KnownTag:
    summary = summarize(content.partition(b"\n\n")[2])
    return KnownTag(commit, tagged_at_s, _ascii(who), summary if len(summary) <= _LONGEST_SUMMARY else LONG)


# The same people tag again and again.
@lru_cache(maxsize=256)
def _ascii(who: bytes) -> str:
    return who.decode("utf-8", "replace").encode("unicode_escape").decode("ascii")
