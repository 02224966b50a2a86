"""Tag facts: the facts of a clone's tags, parsed once per tag object and then cached by object id."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.tags.cache import LONG, KnownTag, TagCache
from mlgit.adapters.git.tags.objects import read_message
from mlgit.core.record import record
from mlgit.core.registry.state import TagFact
from mlgit.core.registry.tags import looks_like_ours, name_in_the_way, parse_tag
from mlgit.core.trust.marks import other_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.adapters.git.objects import Objects


@record
class TagListing:
    """The facts of tags; `ignored` maps the names that look like ours but do not count to the reason."""

    facts: tuple[TagFact, ...]
    ignored: Mapping[str, str]


def read_tags(
    objects: Objects,
    tags: Mapping[str, str],
    *,
    cache: TagCache | None = None,
    whole: bool = False,
    replaced: Collection[str] = (),
) -> TagListing:
    """Read the tags with names of ours; lightweight ones and those not on a commit do not count.

    `tags` maps names to object ids; with `whole`, they are all tags of the clone, so the cache may drop
    others. `replaced` are the objects that `git replace` replaces here; they are not cached.
    """
    names = {tag: name for tag in tags if (name := parse_tag(tag)) is not None}
    ignored = {tag: why for tag in tags if tag not in names and (why := _why_ignored(tag))}
    wanted = dict.fromkeys(tags[tag] for tag in names)
    known = _read_all(objects, wanted, cache, replaced=replaced, whole=whole)
    facts = []
    people: dict[str, tuple[str, str]] = {"": ("", "")}
    read = partial(read_message, objects)
    for tag, name in names.items():
        oid = tags[tag]
        commit, tagged_at_s, who, summary, made_for, flaw, release = known[oid]
        if not commit:
            ignored[tag] = summary
            continue
        if who not in people:
            people[who] = _person(who)
        cached = None if summary == LONG else summary
        if made_for != tag and (made := _unescape(made_for)) != tag:
            flaw = other_name(made)
        fact = TagFact(name, tag, oid, commit, tagged_at_s, *people[who], read, cached)
        if flaw or release:
            fact = fact._replace(flaw=_flaw(flaw), release=release)
        facts.append(fact)
    return TagListing(facts=tuple(facts), ignored=ignored)


def _why_ignored(tag: str) -> str | None:
    if looks_like_ours(tag):
        return "gto cannot read it"
    name = name_in_the_way(tag) if "/" in tag else None
    return None if name is None else f"Git cannot have the tag `{name}` next to it"


def _read_all(
    objects: Objects,
    wanted: Collection[str],
    cache: TagCache | None,
    *,
    replaced: Collection[str],
    whole: bool,
) -> dict[str, KnownTag]:
    """The facts of these objects, from the cache or else from git."""
    known = {} if cache is None else cache.read(wanted)
    for oid in replaced:
        known.pop(oid, None)
    unknown = [oid for oid in wanted if oid not in known]
    lasting: dict[str, KnownTag] = {}
    if unknown:
        from mlgit.adapters.git.tags.parse import read_objects

        lasting, passing = read_objects(objects, unknown, replaced=replaced)
        known |= lasting | passing
    if cache is not None and (lasting or (whole and cache.outgrown(len(wanted)))):
        cache.write(lasting, keep=wanted if whole else None)
    return known


def _person(who: str) -> tuple[str, str]:
    """Name and email of a tagger, from the form in the cache."""
    name, _, email = _unescape(who).partition("<")
    return name.strip(), email


# Thousands of tags of other tools have the same flaw.
@lru_cache(maxsize=64)
def _flaw(text: str) -> str | None:
    return _unescape(text) if text else None


def _unescape(text: str) -> str:
    with suppress(ValueError):  # an escape that mlgit did not write
        return text.encode("ascii").decode("unicode_escape")
    return text
