"""Events: the records that `show` and `history` print, and the events of a model in order."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import NamedTuple, record
from mlgit.core.registry.completeness import KNOWN, Known, unmarked
from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact, label_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mlgit.core.registry.completeness import Why
    from mlgit.core.registry.entries import EnvironmentEntry, ModelEntry, VersionEntry
    from mlgit.core.registry.statement import ReleaseStatement

EventAction = Literal["release", "deregister", "deprecate", "promote", "rollback", "unassign"]


@record
class Event:
    """One action of one tag. `label` and `before` are a version or `unregistered (sha7)`.

    `before` is what the environment held before. `refused` says why the tag does not count.
    """

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
    refused: str | None = None


class Dated(NamedTuple):
    """An event with the time of the tagger's clock, in epoch seconds."""

    tagged_at_s: int
    event: Event


@record
class Details:
    """One model, version or environment; other fields than those of `kind` are None or empty.

    `stated` is None if mlgit did not release the version. `instead` has texts to print in place of its
    metrics, params and inputs: what the commit has instead, or that only the tag states it. `events` are
    the newest, newest first, and `older` counts the others. `next` makes the target serve what the
    environment holds; None if it does, or that is not known.
    """

    kind: Literal["model", "version", "environment"]
    reference: str
    model: ModelEntry
    version: VersionEntry | None = None
    environment: EnvironmentEntry | None = None
    message: str | None = None
    stated: ReleaseStatement | None = None
    instead: Mapping[str, Mapping[str, str]] = field(default_factory=dict, metadata={"json": None})
    versions: tuple[VersionEntry, ...] = ()
    events: tuple[Event, ...] = ()
    older: int = field(default=0, metadata={"json": None})
    notes: tuple[str, ...] = ()
    next: str | None = None
    remote: str | None
    tags_as_of: datetime | None
    told_at: datetime


@record
class Held:
    """What one environment of one model held at one time."""

    model: str
    environment: str
    label: str | None
    commit: str | None
    since: datetime | None
    author: str | None


@record
class Point:
    """A metric of one version as decimal text, that of its commit if Git has it.

    `problem` says why it is None, that only the tag states it, or what the tag states instead.
    """

    model: str
    version: str
    commit: str
    registered_at: datetime
    value: str | None
    name: str | None
    problem: str | None = None


@record
class History:
    """A history: events newest first; `held` with `--at`; `points` (ascending versions) with `--metric`.

    `tags_known` says whether this clone takes all tags of its remote. `several`: there are several models,
    so that each event names its own.
    """

    model: str | None
    environment: str | None
    at: datetime | None
    metric: str | None
    events: tuple[Event, ...] = ()
    held: tuple[Held, ...] = ()
    points: tuple[Point, ...] = ()
    several: bool = field(default=False, metadata={"json": None})
    notes: tuple[str, ...] = ()
    remote: str | None
    tags_as_of: datetime | None
    told_at: datetime
    tags_known: Known = KNOWN


def events_of(state: ModelState, environment: str | None = None, *, why: Why = unmarked) -> Iterator[Dated]:
    """The events of a model or of one environment; those of an environment in the order of its changes.

    `why` says why a tag does not count.
    """
    if environment is None:
        for version in state.versions:
            yield _event(version.fact, "release", str(version.version), why=why)
        registered = {version.tag for version in state.versions}
        for fact in state.facts:
            if fact.name.action == "register" and fact.tag not in registered:
                yield _event(fact, "release", str(fact.name.version), why=why)
            elif fact.name.action == "deregister":
                reason = fact.parsed_summary.reason
                yield _event(fact, "deregister", str(fact.name.version), reason=reason, why=why)
            elif fact.name.action == "deprecate":
                yield _event(fact, "deprecate", None, why=why)
    for name, each in state.environments.items():
        if environment in {None, name}:
            for change in each.changes:
                yield _event(
                    change.fact,
                    change.action,
                    label_of(change.fact, each.registered),
                    environment=name,
                    before=None if change.held is None else label_of(change.held, each.registered),
                    reason=change.reason,
                    why=why,
                )


def is_about(event: Event, version: RegisteredVersion) -> bool:
    """Whether an event is about a version: what was done with its commit, or what took its place."""
    return event.commit == version.commit or event.before == str(version.version)


def newest_first(events: Iterator[Dated]) -> tuple[Event, ...]:
    """Sort by time, but keep the changes of one environment in the order in which they come.

    The tagger's time decides within one second, because mlgit dates each tag of a model at least a second
    after the one before.
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
    return Held(
        model=state.model,
        environment=state.environment,
        label=state.label,
        commit=state.commit,
        since=state.since,
        author=state.author,
    )


def _event(
    fact: TagFact,
    action: EventAction,
    label: str | None,
    *,
    environment: str | None = None,
    before: str | None = None,
    reason: str | None = None,
    why: Why,
) -> Dated:
    event = Event(
        at=fact.at,
        model=fact.name.model,
        action=action,
        label=label,
        environment=environment,
        before=before,
        author=fact.tagger,
        email=fact.email,
        reason=reason,
        tag=fact.tag,
        oid=fact.oid,
        commit=fact.commit,
        refused=why(fact),
    )
    return Dated(fact.tagged_at_s, event)
