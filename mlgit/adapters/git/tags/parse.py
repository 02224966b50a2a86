"""Tag parsing: read tag objects that are not cached."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.cache import LONG, MISSING, KnownTag
from mlgit.adapters.git.tags.objects import TagHeader, parse_header
from mlgit.core.registry.message_summary import summarize
from mlgit.core.trust.look import look

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.adapters.git.objects import GitObject, Objects

# The header that git and mlgit write for a tag on a commit; `parse_header` reads any other, slower.
_USUAL = re.compile(
    rb"object ([0-9a-f]+)\ntype commit\ntag ([^\n]*)\ntagger ([^\n]*)> ([0-9]{1,15}) [^ \n]*\n", re.ASCII
)
_MISSING = KnownTag("", 0, "", MISSING)
_LIGHTWEIGHT = KnownTag("", 0, "", "it is lightweight")
_ON_NO_COMMIT = KnownTag("", 0, "", "it does not point to a commit")
_LONGEST_SUMMARY = 2_000


def read_objects(
    objects: Objects, oids: Sequence[str], *, replaced: Collection[str]
) -> tuple[dict[str, KnownTag], dict[str, KnownTag]]:
    """The facts that never change, and the facts that may, each by object id.

    They may change if an object is missing, replaced by `git replace`, or a tag of a tag.
    """
    lasting: dict[str, KnownTag] = {}
    passing: dict[str, KnownTag] = {}
    nested: list[tuple[str, bytes]] = []
    for oid, found in objects.each(oids):
        if found is None:
            passing[oid] = _MISSING
            continue
        known = _parse(found)
        if known is None:
            nested.append((oid, found.content))
        elif oid in replaced:
            passing[oid] = known
        else:
            lasting[oid] = known
    for oid, content in nested:
        passing[oid] = _parse_nested(objects, content)
    return lasting, passing


def _parse(found: GitObject) -> KnownTag | None:
    """The facts of an object; None if it is a tag of a tag."""
    if found.type != "tag":
        return _LIGHTWEIGHT
    usual = _USUAL.match(found.content)
    if usual is not None:
        commit, made_for, who, clock = usual.groups()
        return _known(commit.decode(), int(clock), who, made_for, found.content)
    header = parse_header(found.content)
    if header is None or header.type not in {"commit", "tag"}:
        return _ON_NO_COMMIT
    return _from_header(header, header.object, found.content) if header.type == "commit" else None


def _parse_nested(objects: Objects, content: bytes) -> KnownTag:
    """The facts of a tag of a tag, which gto also reads."""
    header = parse_header(content)
    target = None if header is None else objects.get(f"{header.object}^{{commit}}")
    return _ON_NO_COMMIT if header is None or target is None else _from_header(header, target.oid, content)


def _from_header(header: TagHeader, commit: str, content: bytes) -> KnownTag:
    who = f"{header.tagger} <{header.email}".encode()
    return _known(commit, header.tagged_at_s, who, header.tag.encode(), content)


def _known(commit: str, tagged_at_s: int, who: bytes, made_for: bytes, content: bytes) -> KnownTag:
    message = content.partition(b"\n\n")[2]
    summary = summarize(message)
    name = made_for.decode("utf-8", "replace")
    flaw, release = look(name, commit, message)
    return KnownTag(
        commit,
        tagged_at_s,
        _ascii(who),
        summary if len(summary) <= _LONGEST_SUMMARY else LONG,
        name if name.isascii() and name.isprintable() else _escape(name),
        "" if flaw is None else _escape(flaw),
        release if release.isalnum() and release.isascii() else _escape(release),
    )


def _escape(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")


# The same few people create most tags.
@lru_cache(maxsize=256)
def _ascii(who: bytes) -> str:
    return _escape(who.decode("utf-8", "replace"))
