"""Tag facts: what the tags of a clone say, listed by name and id, read once and then known by id."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.tagcache import KnownTag
from mlgit.adapters.git.tagobjects import parse_header, read_message
from mlgit.core.record import record
from mlgit.core.registry import TagFact
from mlgit.core.tags import looks_like_ours, parse_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.adapters.git.objects import GitObject, Objects
    from mlgit.adapters.git.tagcache import TagCache
    from mlgit.adapters.git.tagobjects import TagHeader
    from mlgit.core.tags import TagName

LIGHTWEIGHT = "it is lightweight"
ON_NO_COMMIT = "it points at no commit"
# As git and mlgit write the header of a tag on a commit; any other is taken apart line by line.
_USUAL = re.compile(
    rb"object ([0-9a-f]+)\ntype commit\ntag [^\n]*\ntagger ([^\n]*)> ([0-9]{1,15}) [^ \n]*\n", re.ASCII
)
_NO_TAG = KnownTag("", 0, "", LIGHTWEIGHT)
_NO_COMMIT = KnownTag("", 0, "", ON_NO_COMMIT)
# Instead of a gist that would fill the cache; the message is read when somebody asks.
_LONG = "?"
_LONGEST_GIST = 2_000


@record
class Listing:
    """The tags of one reading: `ignored` maps names that look like ours to why they do not count."""

    facts: tuple[TagFact, ...]
    ignored: Mapping[str, str]


def read_tags(
    objects: Objects,
    tags: Mapping[str, str],
    *,
    cache: TagCache | None = None,
    whole: bool = False,
    replaced: Collection[str] = (),
) -> Listing:
    """The facts of those tags whose names are ours; lightweight ones and those on no commit do not count.

    Args:
        objects: reads what is not known.
        tags: name -> object id.
        cache: what is known already, and where it is kept.
        whole: `tags` are all there are, so that the cache may forget others.
        replaced: objects for which this clone has others (`git replace`); of them nothing is kept.
    """
    names: dict[str, TagName] = {}
    ignored: dict[str, str] = {}
    for tag in tags:
        name = parse_tag(tag)
        if name is not None:
            names[tag] = name
        elif looks_like_ours(tag):
            ignored[tag] = "gto cannot read it"
    wanted = dict.fromkeys(tags[tag] for tag in names)
    known = _recall(objects, wanted, cache, replaced=replaced, whole=whole)
    facts = []
    people: dict[str, tuple[str, str]] = {"": ("", "")}
    read = partial(read_message, objects)
    for tag, name in names.items():
        oid = tags[tag]
        commit, tagged_at_s, who, told = known[oid]
        if not commit:
            ignored[tag] = told
            continue
        if who not in people:
            people[who] = _person(who)
        facts.append(
            TagFact(name, tag, oid, commit, tagged_at_s, *people[who], read, None if told == _LONG else told)
        )
    return Listing(facts=tuple(facts), ignored=ignored)


def _recall(
    objects: Objects,
    wanted: Collection[str],
    cache: TagCache | None,
    *,
    replaced: Collection[str],
    whole: bool,
) -> dict[str, KnownTag]:
    """What is known of these objects, and what is not known read."""
    known = {} if cache is None else cache.read(wanted)
    for oid in replaced:
        known.pop(oid, None)
    news: dict[str, KnownTag] = {}
    of_tags: list[tuple[str, bytes]] = []
    for oid, found in objects.each([oid for oid in wanted if oid not in known]):
        if found is None:
            known[oid] = _NO_TAG  # today
            continue
        said = _look(found)
        if said is None:
            of_tags.append((oid, found.content))
            continue
        known[oid] = said
        if oid not in replaced:
            news[oid] = said
    for oid, content in of_tags:
        known[oid] = _look_behind(objects, content)
    if cache is not None and (news or (whole and cache.outgrown(len(wanted)))):
        cache.write(news, keep=wanted if whole else None)
    return known


def _look(found: GitObject) -> KnownTag | None:
    """What an object says, for ever; None when it is a tag of a tag, which says what that one points at."""
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
    """What a tag of a tag says, today: what that one points at need not be here yet. gto reads it, too."""
    header = parse_header(content)
    target = None if header is None else objects.get(f"{header.object}^{{commit}}")
    return _NO_COMMIT if header is None or target is None else _said_by(header, target.oid, content)


def _said_by(header: TagHeader, commit: str, content: bytes) -> KnownTag:
    who = f"{header.tagger} <{header.email}".encode()
    return _said(commit, header.tagged_at_s, who, content)


def _said(commit: str, tagged_at_s: int, who: bytes, content: bytes) -> KnownTag:
    from mlgit.core.gist import tell

    told = tell(content.partition(b"\n\n")[2])
    return KnownTag(commit, tagged_at_s, _ascii(who), told if len(told) <= _LONGEST_GIST else _LONG)


# The same people tag again and again.
@lru_cache(maxsize=256)
def _ascii(who: bytes) -> str:
    return who.decode("utf-8", "replace").encode("unicode_escape").decode("ascii")


def _person(who: str) -> tuple[str, str]:
    """Name and address of a tagger."""
    name, _, email = who.encode("ascii").decode("unicode_escape").partition("<")
    return name.strip(), email
