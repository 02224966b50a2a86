"""Showing: one model, version or environment, and events, as `show` and `history` tell them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, NamedTuple

from mlgit.core.record import record
from mlgit.core.registry.state import unregistered, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from mlgit.core.registry.entries import EnvironmentEntry, ModelEntry, VersionEntry
    from mlgit.core.registry.state import Change, EnvironmentState, ModelState, RegisteredVersion, TagFact
    from mlgit.core.registry.statement import Builder, FileDigest, GateOutcome, ReleaseStatement, TagPointer

EventAction = Literal["release", "deregister", "deprecate", "promote", "rollback", "unassign"]


@record
class Event:
    """Something that a tag did. `label` is the version, or `unregistered (sha7)`; `before` what was there."""

    at: datetime
    model: str
    action: EventAction
    label: str | None
    environment: str | None
    before: str | None
    author: str
    email: str
    reason: str | None
    tag: str
    oid: str
    commit: str


class Dated(NamedTuple):
    """An event beside what the tagger's clock said, epoch seconds."""

    tagged_at_s: int
    event: Event


@record
class ReleaseFacts:
    """What a release stated about itself."""

    tree: str
    lock_sha256: str | None
    files: tuple[FileDigest, ...]
    inputs: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, str]
    gates: tuple[GateOutcome, ...]
    builder: Builder
    previous: TagPointer | None


@record
class Details:
    """One model, version or environment; what is not asked for is None or empty.

    `stated` is None for a version that mlgit did not release. `events` are the newest first.
    """

    kind: Literal["model", "version", "environment"]
    reference: str
    model: ModelEntry
    version: VersionEntry | None = None
    environment: EnvironmentEntry | None = None
    message: str | None = None
    stated: ReleaseFacts | None = None
    versions: tuple[VersionEntry, ...] = ()
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
    remote: str | None
    tags_as_of: datetime | None
    told_at: datetime


@record
class Held:
    """What one environment of one model held at a time."""

    model: str
    environment: str
    label: str | None
    commit: str | None
    since: datetime | None
    author: str | None


@record
class Point:
    """One version's value of a metric, decimal text; None with a reason in `problem`."""

    model: str
    version: str
    commit: str
    registered_at: datetime
    value: str | None
    name: str | None
    problem: str | None = None


@record
class History:
    """A history: events newest first; `held` with `--at`; `points` (ascending versions) with `--metric`."""

    model: str | None
    environment: str | None
    at: datetime | None
    metric: str | None
    events: tuple[Event, ...] = ()
    held: tuple[Held, ...] = ()
    points: tuple[Point, ...] = ()
    notes: tuple[str, ...] = field(default=())
    remote: str | None
    tags_as_of: datetime | None
    told_at: datetime


def release_facts(statement: ReleaseStatement | None) -> ReleaseFacts | None:
    """What a statement adds to the entry of a version."""
    if statement is None:
        return None
    return ReleaseFacts(
        tree=statement.tree,
        lock_sha256=statement.lock_sha256,
        files=statement.files,
        inputs=statement.inputs,
        params=statement.params,
        metrics=statement.metrics,
        gates=statement.gates,
        builder=statement.builder,
        previous=statement.previous,
    )


def events_of(state: ModelState, environment: str | None = None) -> Iterator[Dated]:
    """What happened to a model, or only to one environment of it; each environment in its own order."""
    if environment is None:
        for version in state.versions:
            yield Dated(
                version.fact.tagged_at_s, _version_event(version.fact, "release", str(version.version))
            )
        for fact in state.facts:
            if fact.name.action == "deregister":
                yield Dated(fact.tagged_at_s, _version_event(fact, "deregister", str(fact.name.version)))
            elif fact.name.action == "deprecate":
                yield Dated(fact.tagged_at_s, _version_event(fact, "deprecate", None))
    for name, each in state.environments.items():
        if environment in {None, name}:
            yield from (
                Dated(change.fact.tagged_at_s, _change_event(change, each)) for change in each.changes
            )


def newest_first(events: Iterator[Dated]) -> tuple[Event, ...]:
    """By time; changes of one environment stay in the order of their counters, whatever a clock said.

    Within one second the tagger's time tells: each tag of a model is at least a second after the one before.

    `events` come in that order for each environment.
    """
    reached: dict[tuple[str, str], tuple[datetime, int]] = {}
    timed = []
    for tagged_at_s, event in events:
        time = (event.at, tagged_at_s)
        if event.environment is not None:
            place = (event.model, event.environment)
            time = reached[place] = max(time, reached.get(place, time))
        timed.append((time, event))
    return tuple(event for _, event in sorted(timed, key=lambda pair: pair[0])[::-1])


def held_entry(state: EnvironmentState) -> Held:
    """What an environment holds."""
    return Held(
        model=state.model,
        environment=state.environment,
        label=state.label,
        commit=state.commit,
        since=state.since,
        author=state.author,
    )


def label_of(fact: TagFact, registered: Mapping[str, Sequence[RegisteredVersion]]) -> str:
    """The version an assignment is about, or `unregistered (sha7)`."""
    version = version_of(fact, registered)
    return unregistered(fact.commit) if version is None else str(version.version)


def _version_event(fact: TagFact, action: EventAction, label: str | None) -> Event:
    return Event(
        at=fact.at,
        model=fact.name.model,
        action=action,
        label=label,
        environment=None,
        before=None,
        author=fact.tagger,
        email=fact.email,
        reason=fact.parsed_summary.reason if action == "deregister" else None,
        tag=fact.tag,
        oid=fact.oid,
        commit=fact.commit,
    )


def _change_event(change: Change, state: EnvironmentState) -> Event:
    fact = change.fact
    return Event(
        at=fact.at,
        model=change.model,
        action=change.action,
        label=label_of(fact, state.registered),
        environment=change.environment,
        before=None if change.held is None else label_of(change.held, state.registered),
        author=fact.tagger,
        email=fact.email,
        reason=change.reason,
        tag=fact.tag,
        oid=fact.oid,
        commit=fact.commit,
    )
