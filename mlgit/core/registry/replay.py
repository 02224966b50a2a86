"""Replay: annotated tags to the state of every model, version and environment.

The counter orders the tags of one model and environment; with equal counters the unassignment comes first.
The tagger's time decides only where a tag has no counter. So a wrong clock changes nothing in what mlgit
wrote, and the same tags give the same state in whatever order they are read. A reader may see only one of the
two tags of a change: an unassignment that states a promotion counts only when the assignment is there.
"""

from __future__ import annotations

from dataclasses import field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from mlgit.core.record import record
from mlgit.core.registry.state import Change, EnvironmentState, ModelState, RegisteredVersion
from mlgit.core.registry.tags import name_in_the_way, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import TagFact


@record
class Registry:
    """Every model that tags mention, by name; `ignored` has lightweight and damaged tags, with the reason."""

    models: Mapping[str, ModelState] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict, repr=False)

    def model(self, name: str) -> ModelState:
        """The model, with its ignored tags; without versions if no tag mentions it."""
        if name in self.models:
            return self.models[name]
        return ModelState(name=name, ignored=_by_model(self.ignored).get(name, {}))


def replay(facts: Iterable[TagFact], ignored: Mapping[str, str] | None = None) -> Registry:
    """The registry; `ignored` has the lightweight and damaged tags, with the reason."""
    by_model: dict[str, list[TagFact]] = {}
    for fact in facts:
        by_model.setdefault(fact.name.model, []).append(fact)
    of = _by_model(ignored or {})
    models = {
        name: replace(_replay_model(name, by_model[name]), ignored=of.get(name, {}))
        for name in sorted(by_model)
    }
    return Registry(models=models, ignored=ignored or {})


def _by_model(ignored: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for tag in sorted(ignored):
        name = parse_tag(tag) or name_in_the_way(tag)
        if name is not None:
            found.setdefault(name.model, {})[tag] = ignored[tag]
    return found


def in_order(facts: Iterable[TagFact]) -> list[TagFact]:
    """Sort the tags of one environment or version into the order in which they apply.

    A tag without a counter follows the change of the last counted one that is not newer.
    """
    counted = sorted((fact for fact in facts if fact.name.counter is not None), key=_counted_key)
    uncounted = sorted((fact for fact in facts if fact.name.counter is None), key=_uncounted_key)
    ordered = counted
    for fact in reversed(uncounted):
        earlier = (at for at, other in enumerate(counted, 1) if other.tagged_at_s <= fact.tagged_at_s)
        place = max(earlier, default=0)
        while 0 < place < len(counted) and counted[place].name.counter == counted[place - 1].name.counter:
            place += 1
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
    registered: dict[str, list[RegisteredVersion]] = {}
    for version in versions:
        registered.setdefault(version.fact.commit, []).append(version)
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
    """The version by its first registration, which no later tag replaces, and its first rejection.

    A registration without a counter is first, whatever its time. None if the version was only rejected.
    """
    ordered = sorted(facts, key=_counted_key)
    registration = next((fact for fact in ordered if fact.name.action == "register"), None)
    rejected = next((fact for fact in ordered if fact.name.action == "deregister"), None)
    if registration is None:
        return None
    return RegisteredVersion(model=model, version=version, fact=registration, rejected=rejected)


def _replay_environment(
    model: str, environment: str, facts: list[TagFact], registered: Mapping[str, Sequence[RegisteredVersion]]
) -> EnvironmentState:
    found = _replay_changes(model, environment, facts, registered)
    newest = found.changes[-1]
    if not newest.half:
        return found
    # The other half is still being written, or was lost with a server that died: nothing has changed yet.
    whole = [fact for fact in facts if fact is not newest.unassigned]
    before = _replay_changes(model, environment, whole, registered)
    return replace(before, counter=found.counter, unfinished=newest.unassigned)


def _replay_changes(
    model: str, environment: str, facts: list[TagFact], registered: Mapping[str, Sequence[RegisteredVersion]]
) -> EnvironmentState:
    opened = _OpenAssignments()
    # Neighbors with one counter are one change; without a counter each tag is one.
    groups = groupby(enumerate(in_order(facts)), key=_change_key)
    changes = tuple(_apply((fact for _, fact in group), opened) for _, group in groups)
    return EnvironmentState(
        model=model,
        environment=environment,
        changes=changes,
        holder=opened.newest,
        open_assignments=opened.all(),
        counter=max((fact.name.counter or 0 for fact in facts), default=0),
        registered=registered,
    )


def _apply(facts: Iterable[TagFact], opened: _OpenAssignments) -> Change:
    assigned: TagFact | None = None
    unassigned: TagFact | None = None
    held = opened.newest
    for fact in facts:
        if fact.name.action == "assign":
            assigned = fact
            opened.open(fact)
        else:
            unassigned = fact
            opened.close(fact.commit)
    return Change(assigned=assigned, unassigned=unassigned, held=held)


class _OpenAssignments:
    """The assignments that no unassignment closed; each takes constant time, even among ten thousand."""

    def __init__(self) -> None:
        self._opened: list[TagFact] = []
        self._places: dict[str, list[int]] = {}
        self._closed: set[int] = set()

    def open(self, fact: TagFact) -> None:
        self._places.setdefault(fact.commit, []).append(len(self._opened))
        self._opened.append(fact)

    def close(self, commit: str) -> None:
        self._closed.update(self._places.pop(commit, ()))
        while len(self._opened) - 1 in self._closed:
            self._closed.remove(len(self._opened) - 1)
            self._opened.pop()

    @property
    def newest(self) -> TagFact | None:
        return self._opened[-1] if self._opened else None

    def all(self) -> tuple[TagFact, ...]:
        return tuple(fact for place, fact in enumerate(self._opened) if place not in self._closed)


def _change_key(numbered: tuple[int, TagFact]) -> tuple[int | None, int | None]:
    number, fact = numbered
    return (None, number) if fact.name.counter is None else (fact.name.counter, None)
