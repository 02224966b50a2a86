"""Replay: annotated tags to the state of every model, version and environment.

Order within one model and environment: the counter; with equal counters the unassignment first; the tagger's
time only where counters do not tell. So a wrong clock changes nothing in what mlgit wrote, and the same tags
give the same state in whatever order they are read.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mlgit.core.registry import Change, EnvironmentState, ModelState, RegisteredVersion, Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.registry import TagFact
    from mlgit.core.semver import Version


def replay(facts: Iterable[TagFact]) -> Registry:
    """The state that the tags amount to, whatever order they come in."""
    by_model: dict[str, list[TagFact]] = {}
    for fact in facts:
        by_model.setdefault(fact.name.model, []).append(fact)
    return Registry(models={name: _replay_model(name, by_model[name]) for name in sorted(by_model)})


def in_order(facts: Iterable[TagFact]) -> list[TagFact]:
    """Tags about one thing (an environment, a version) in the order in which they count.

    Those without a counter stand behind the last counted one that is not younger.
    """
    counted = sorted((fact for fact in facts if fact.name.counter is not None), key=_counted_key)
    uncounted = sorted((fact for fact in facts if fact.name.counter is None), key=_uncounted_key)
    ordered = counted
    for fact in reversed(uncounted):
        places = (
            place for place, other in enumerate(counted, start=1) if other.tagged_at_s <= fact.tagged_at_s
        )
        place = max(places, default=0)
        ordered = [*ordered[:place], fact, *ordered[place:]]
    return ordered


def _counted_key(fact: TagFact) -> tuple[int, bool, str]:
    return fact.name.counter or 0, fact.name.action in {"assign", "deregister"}, fact.tag


def _uncounted_key(fact: TagFact) -> tuple[int, bool, str]:
    return fact.tagged_at_s, fact.name.action == "assign", fact.tag


def _replay_model(name: str, facts: list[TagFact]) -> ModelState:
    by_version: dict[Version, list[TagFact]] = {}
    by_environment: dict[str, list[TagFact]] = {}
    deprecated = False
    for fact in facts:
        if fact.name.version is not None:
            by_version.setdefault(fact.name.version, []).append(fact)
        elif fact.name.environment is not None:
            by_environment.setdefault(fact.name.environment, []).append(fact)
        else:
            deprecated = True
    found = (_replay_version(name, version, by_version[version]) for version in sorted(by_version))
    versions = tuple(version for version in found if version is not None)
    registered: dict[str, tuple[RegisteredVersion, ...]] = {}
    for version in versions:
        registered[version.commit] = (*registered.get(version.commit, ()), version)
    return ModelState(
        name=name,
        versions=versions,
        environments={
            environment: _replay_environment(name, environment, by_environment[environment], registered)
            for environment in sorted(by_environment)
        },
        deprecated=deprecated,
        newest_tag_s=max(fact.tagged_at_s for fact in facts),
        facts=tuple(sorted(facts, key=lambda fact: fact.tag)),
    )


def _replay_version(model: str, version: Version, facts: list[TagFact]) -> RegisteredVersion | None:
    """The version after its registrations and rejections; None when it was only ever rejected."""
    if len(facts) == 1:
        if facts[0].name.action == "deregister":
            return None
        return RegisteredVersion(model=model, version=version, fact=facts[0])
    registration: TagFact | None = None
    rejected: TagFact | None = None
    if any(fact.name.counter is not None for fact in facts):
        ordered = in_order(facts)
    else:
        # One of each at most: a rejection without a counter follows what it rejects, whatever the clock said.
        ordered = sorted(facts, key=lambda fact: fact.name.action == "deregister")
    for fact in ordered:
        if fact.name.action == "register":
            registration, rejected = fact, None
        else:
            rejected = fact
    if registration is None:
        return None
    return RegisteredVersion(model=model, version=version, fact=registration, rejected=rejected)


def _replay_environment(
    model: str,
    environment: str,
    facts: list[TagFact],
    registered: Mapping[str, tuple[RegisteredVersion, ...]],
) -> EnvironmentState:
    standing: list[TagFact] = []
    changes: list[Change] = []
    # Neighbours under one counter are one change; without a counter each tag is one.
    for _, group in groupby(enumerate(in_order(facts)), key=_change_key):
        assigned: TagFact | None = None
        unassigned: TagFact | None = None
        held = standing[-1] if standing else None
        for _, fact in group:
            if fact.name.action == "assign":
                assigned = fact
                standing.append(fact)
            else:
                unassigned = fact
                standing = [each for each in standing if each.commit != fact.commit]
        changes.append(
            Change(
                model=model,
                environment=environment,
                counter=(assigned or unassigned or facts[0]).name.counter,
                assigned=assigned,
                unassigned=unassigned,
                held=held,
                before=None if held is None else held.commit,
                after=standing[-1].commit if standing else None,
            )
        )
    return EnvironmentState(
        model=model,
        environment=environment,
        changes=tuple(changes),
        holder=standing[-1] if standing else None,
        open_assignments=tuple(standing),
        counter=max((fact.name.counter or 0 for fact in facts), default=0),
        registered=registered,
    )


def _change_key(numbered: tuple[int, TagFact]) -> tuple[int, int]:
    number, fact = numbered
    return (-1, number) if fact.name.counter is None else (fact.name.counter, 0)
