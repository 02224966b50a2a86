"""Tag facts: what the tags of a clone say, listed by name and id, read once and then known by id."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.tagcache import LONG
from mlgit.adapters.git.tags.objects import read_message
from mlgit.core.record import record
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.tags import looks_like_ours, parse_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.adapters.git.objects import Objects
    from mlgit.adapters.git.tagcache import KnownTag, TagCache
    from mlgit.core.registry.tags import TagName


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
        commit, tagged_at_s, who, summary = known[oid]
        if not commit:
            ignored[tag] = summary
            continue
        if who not in people:
            people[who] = _person(who)
        facts.append(
            TagFact(
                name, tag, oid, commit, tagged_at_s, *people[who], read, None if summary == LONG else summary
            )
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
    unknown = [oid for oid in wanted if oid not in known]
    news: dict[str, KnownTag] = {}
    if unknown:
        from mlgit.adapters.git.tags.parse import read_objects

        news, passing = read_objects(objects, unknown, replaced=replaced)
        known |= news
        known |= passing
    if cache is not None and (news or (whole and cache.outgrown(len(wanted)))):
        cache.write(news, keep=wanted if whole else None)
    return known


def _person(who: str) -> tuple[str, str]:
    """Name and address of a tagger."""
    with suppress(ValueError):  # mlgit wrote no such escape
        who = who.encode("ascii").decode("unicode_escape")
    name, _, email = who.partition("<")
    return name.strip(), email
