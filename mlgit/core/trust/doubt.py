"""Doubt: whether the tags of an environment leave open what it holds. Every command asks this one rule.

The newest change decides what an environment holds. If its tag is lightweight, damaged or refused, or if only
half of it is here, nothing older may take its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import doubtful_environment
from mlgit.core.registry.state import Refusal, TagFact
from mlgit.core.registry.tags import TAGS, after_fetch, deletion, parse_tag
from mlgit.core.trust.moved import NOT_HERE
from mlgit.core.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.registry.state import EnvironmentState, ModelState


def doubt_of(
    name: str,
    raw: ModelState,
    kept: ModelState,
    refused: Mapping[str, Refusal],
    *,
    fetch: str | None,
    remote: str | None = None,
    asked: bool = False,
) -> Refusal | None:
    """The doubt about one environment, whose tags are all in `raw` and those that count in `kept`.

    `fetch` is the command that fetches tags again, from `remote`, if it may help; if that was `asked`, all
    its tags are here.
    """
    here = kept.environment(name)
    half = here.unfinished
    refusal = _refused_half(raw.environment(name), refused) or _newest_refused(
        raw.environment(name), refused, empty=here.holder is None
    )
    if refusal is not None and (half is None or _counter(refusal.fact) > _counter(half)):
        return refusal
    tag = doubtful_environment(raw.name, name, state=kept, ignored=raw.ignored)
    parsed = None if tag is None else parse_tag(tag)
    if tag is not None and parsed is not None:
        fact = TagFact(parsed, tag, "", "", 0, "", "", lambda _: "")
        advice = after_fetch(None if asked else fetch, "see `mlgit doctor`")
        return Refusal(fact, raw.ignored[tag], advice=advice, unread=True)
    return None if half is None else _half(here, half, refused, fetch, remote, asked=asked)


def newest_passed_over(here: EnvironmentState, refused: Iterable[Refusal]) -> Refusal | None:
    """The newest refused tag after the last change that counts; one that counted may have been there."""
    last = here.changes[-1].fact if here.changes else None
    later = [
        each
        for each in refused
        if each.fact.name.environment == here.environment
        and (last is None or _counter(each.fact) > _counter(last))
    ]
    return max(later, key=lambda each: (_counter(each.fact), each.fact.name.action == "assign"), default=None)


def _counter(fact: TagFact) -> int:
    return fact.name.counter or 0


def most_that_is_there(name: str, raw: ModelState, kept: ModelState) -> EnvironmentState:
    """What an environment holds or, if that is in doubt, what it holds by all of its tags.

    A tag that changes nothing leaves no doubt. `raw` has all tags, `kept` those that count.
    """
    here = kept.environment(name)
    return here if here.doubt is None else raw.environment(name)


def environments_of(state: ModelState) -> tuple[str, ...]:
    """The environments that tags of a model mention, even lightweight and damaged ones."""
    names = (parse_tag(tag) for tag in state.ignored)
    ignored = {name.environment for name in names if name is not None and name.environment is not None}
    return tuple(sorted({*state.environments, *ignored}))


def _refused_half(here: EnvironmentState, refused: Mapping[str, Refusal]) -> Refusal | None:
    """The refused tag that is all there is of the newest change."""
    found = None if here.unfinished is None else refused.get(here.unfinished.tag)
    return None if found is None or found.foreign else found


def _newest_refused(here: EnvironmentState, refused: Mapping[str, Refusal], *, empty: bool) -> Refusal | None:
    """The refused tag after the last change that counts.

    A foreign one changes nothing, but an environment in which nothing else is, is not known to be empty.
    """
    for change in reversed(here.changes):
        tags = [fact.tag for fact in (change.assigned, change.unassigned) if fact is not None]
        if any(tag not in refused for tag in tags):
            return None
        for tag in tags:
            found = refused[tag]
            if not found.foreign or (empty and found.fact.name.action == "assign"):
                return found
    return None


def ways_out(half: TagFact, *, fetch: str | None, remote: str | None) -> str:
    """What ends the doubt about a change of which only this tag is here; `fetch` is None if it cannot help.

    No version is in it: anyone who can push a tag could choose the stated one.
    """
    last = f"run the command that began this again, or delete it: `{deletion([half.tag], remote)}`"
    if fetch is None and remote is None:
        return last
    first = f"run `{fetch}`"
    if fetch is None:
        push = words(("git", "push", remote or "", TAGS + _other_half(half)))
        first = f"run `{push}` in a clone that has that tag"
    return f"{first}; if no clone has that tag, {last}"


def _other_half(half: TagFact) -> str:
    return str(half.name._replace(action="assign"))


def _half(
    here: EnvironmentState,
    half: TagFact,
    refused: Mapping[str, Refusal],
    fetch: str | None,
    remote: str | None,
    *,
    asked: bool,
) -> Refusal:
    """The doubt about a change of which only the first tag counts.

    The same change may be made again if it began with what the environment holds now.
    """
    missing = _other_half(half)
    where = f"is neither here nor on `{remote}`" if asked and remote is not None else NOT_HERE
    why = f"does not count: {refused[missing].why}" if missing in refused else where
    stated = half.parsed_summary.version if half.commit == here.commit else None
    advice = ways_out(half, fetch=None if asked else fetch, remote=remote)
    return Refusal(half, f"`{missing}`, written with it, {why}", advice=advice, unread=True, stated=stated)
