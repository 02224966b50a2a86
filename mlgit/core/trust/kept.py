"""Kept: what is left of a model without the tags that do not count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.registry.replay import replay
from mlgit.core.registry.tags import name_in_the_way
from mlgit.core.trust.doubt import doubt_of, environments_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.registry.state import (
        EnvironmentState,
        ModelState,
        Refusal,
        RegisteredVersion,
        TagFact,
    )
    from mlgit.core.trust.rules import Facts

# A clock may be ahead by so much; a tag that does not count and is dated later dates no other.
_AHEAD_S = 2 * 86_400
# Nothing changes that often: a tag that does not count may have such a counter, and the next one need not.
_ABSURD = 10**9


def _emptied(kept: ModelState, raw: ModelState, refused: Mapping[str, Refusal]) -> ModelState:
    """The model, where what a refused change replaced does not return when that is taken out."""
    # What other tools put there was never taken out, and hides that all the rest was.
    foreign = {tag for tag, each in refused.items() if each.foreign}
    own = replay([each for each in raw.facts if each.tag not in foreign]).model(raw.name) if foreign else raw
    environments = dict(kept.environments)
    for name, here in kept.environments.items():
        if _takes_all_out(own.environment(name), refused):
            environments[name] = replace(here, holder=None, open_assignments=())
    return replace(kept, environments=environments)


def _takes_all_out(here: EnvironmentState, refused: Mapping[str, Refusal]) -> bool:
    """Whether nothing was there after the newest change that counts."""
    left = here.holder
    for change in reversed(here.changes):
        tags = [fact.tag for fact in (change.assigned, change.unassigned) if fact is not None]
        if not all(tag in refused for tag in tags):
            return change.assigned is None and left is None
        left = change.held
    return False


def _numbers_taken(raw: ModelState, refused: Mapping[str, Refusal]) -> Mapping[str, int]:
    """The highest counter of each environment in names that cannot be used, whatever their tags say."""
    taken = [each.fact.name for each in refused.values()]
    taken += [name for tag in raw.ignored if (name := name_in_the_way(tag))]
    numbers: dict[str, int] = {}
    for name in taken:
        if name.environment is not None and (name.counter or 0) < _ABSURD:
            numbers[name.environment] = max(numbers.get(name.environment, 0), name.counter or 0)
    return numbers


def _newest_second(raw: ModelState, refused: Mapping[str, Refusal], known: Facts) -> int:
    """The time after which the next tag is dated: not that of any tag that does not count."""
    latest = known.now_s + _AHEAD_S
    times = (fact.tagged_at_s for fact in raw.facts if fact.tag not in refused or fact.tagged_at_s <= latest)
    return max(times, default=0)


def with_rejections(state: ModelState, counts: Callable[[TagFact], bool]) -> ModelState:
    """The model whose versions, also those in its environments, say whether their rejection counts."""
    versions = tuple(
        each._replace(rejection_counts=each.rejected is None or counts(each.rejected))
        for each in state.versions
    )
    if versions == state.versions:
        return state
    registered: dict[str, list[RegisteredVersion]] = {}
    for each in versions:
        registered.setdefault(each.commit, []).append(each)
    environments = {name: replace(each, registered=registered) for name, each in state.environments.items()}
    return replace(state, versions=versions, environments=environments)


def counting_last(state: ModelState, counts: Callable[[TagFact], bool]) -> ModelState:
    """The model where the versions of one commit that count come last: `version_of` takes the last one.

    `counts` is only asked about commits with several versions.
    """
    shared = {
        commit: sorted(here, key=lambda each: (counts(each.fact), each.version))
        for environment in state.environments.values()
        for commit, here in environment.registered.items()
        if len(here) > 1
    }
    if not shared:
        return state
    environments = {
        name: replace(each, registered={**each.registered, **shared})
        for name, each in state.environments.items()
    }
    return replace(state, environments=environments)


def by_all_tags(there: EnvironmentState, here: EnvironmentState) -> EnvironmentState:
    """The environment by all of its tags, with versions as they are `here`, by those that count."""
    counting = {each.tag: each for versions in here.registered.values() for each in versions}
    registered = {
        commit: tuple(counting.get(each.tag, each) for each in versions)
        for commit, versions in there.registered.items()
    }
    return replace(there, registered=registered)


def without(raw: ModelState, refused: Mapping[str, Refusal], known: Facts) -> ModelState:
    """The model without the refused tags; a refused rejection still keeps its version out of environments."""
    facts = [fact for fact in raw.facts if fact.tag not in refused or fact.name.action == "deregister"]
    kept = _emptied(replay(facts).model(raw.name), raw, refused)
    rejections = [fact for fact in facts if fact.name.action == "deregister"]
    rejected = {fact.name.version for fact in rejections if fact.tag not in refused}
    kept = with_rejections(kept, lambda fact: fact.name.version in rejected)
    numbers = _numbers_taken(raw, refused)
    environments = {
        name: replace(
            kept.environment(name),
            counter=max(kept.environment(name).counter, numbers.get(name, 0)),
            doubt=doubt_of(
                name, raw, kept, refused, fetch=known.fetch, remote=known.remote, asked=known.asked
            ),
        )
        for name in {*environments_of(raw), *numbers}
    }
    return replace(
        kept,
        environments=environments,
        newest_tag_s=_newest_second(raw, refused, known),
        refused=tuple(refused.values()),
        ignored=raw.ignored,
    )
