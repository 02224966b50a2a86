"""Tag plan: the tags of a change, with their commits, times and messages, before they are written.

One change of an environment takes one counter: 1 + the highest in use there. Each tag is dated one second
after the one before, the first one after the newest tag of the model, because gto and DVC sort by the
tagger's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import (
    EnvironmentAction,
    EnvironmentStatement,
    GateOutcome,
    RejectionStatement,
    ReleaseStatement,
    TagPointer,
)
from mlgit.core.registry.tags import TagName
from mlgit.core.stated_time import LAST_DAY, as_time, write_time

if TYPE_CHECKING:
    from datetime import datetime

    from mlgit.core.gates.verdict import Decision, Summary
    from mlgit.core.registry.entries import Served
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion

ChangeAction = Literal["release", "promote", "rollback", "unassign", "deregister"]
KEPT = "mlgit doctor"
"""What to run next if a push would keep the written tags here, because there is no DVC remote."""
_FUTURE_S = 60  # warn if the newest tag is further ahead than this


@record
class PlannedTag:
    """A tag to write; `at_s` is the tagger's time in epoch seconds."""

    name: TagName
    commit: str
    at_s: int
    message: str


@record
class WrittenTag:
    """A tag that was written or, in a dry run, would be."""

    name: str
    oid: str
    commit: str
    at: datetime


@record
class VerdictSummary:
    """The verdict in short; `mlgit check` shows all of it."""

    decision: Decision
    headline: str
    summary: Summary


@record
class ChangeReport:
    """What a command that writes tags did or, in a dry run, would do.

    `before` is what the environment held. `pushed`: the remote has the tags. `already`: there was nothing to
    do. `served` is what the environment's target serves, if it is a folder on this machine; otherwise
    `served_when` says what has to end first (`… has finished`). `next` is the command that deploys,
    or the one that publishes tags which are only here.
    """

    model: str
    version: str | None
    environment: str | None
    action: ChangeAction
    before: str | None = None
    reason: str | None = None
    tags: tuple[WrittenTag, ...] = ()
    commit: str | None = None
    pushed: bool = False
    remote: str | None = None
    already: bool = False
    dry_run: bool = False
    at: datetime
    verdict: VerdictSummary | None = None
    served: Served | None = None
    served_when: str | None = None
    next: str | None = None
    notes: tuple[str, ...] = ()


@record
class Move:
    """The action to take on one environment, and why; `policy` is the commit of trunk whose rules applied."""

    action: EnvironmentAction
    now: datetime
    reason: str | None = None
    gates: tuple[GateOutcome, ...] = ()
    policy: str | None = None


def plan_release(
    state: ModelState, statement: ReleaseStatement, version: Version, *, now: datetime, text: str | None
) -> tuple[PlannedTag, ...]:
    """`M@vX` on the commit of the statement."""
    lines = [text] if text else []
    lines += [f"{key} = {value}" for key, value in list(statement.metrics.items())[:12]]
    message = write_message(f"Release {state.name} {version}", "\n".join(lines), statement)
    name = TagName(state.name, "register", version=version)
    return (PlannedTag(name=name, commit=statement.commit, at_s=first_second(state, now), message=message),)


def plan_assignment(
    state: ModelState, environment: EnvironmentState, version: RegisteredVersion, move: Move
) -> tuple[PlannedTag, ...]:
    """`M#E#N` on the version's commit, after `M#E!#N` on the commit that the environment holds."""
    counter = environment.counter + 1
    statement = _statement(environment, version, move, sequence=counter)
    subject = f"Promote {state.name} {version.version} to {environment.environment}"
    if move.action == "rollback":
        subject = f"Roll {environment.environment} of {state.name} back to {version.version}"
    message = write_message(subject, _paragraph(environment, move), statement)
    name = TagName(state.name, "assign", environment=environment.environment, counter=counter)
    at_s = first_second(state, move.now)
    if environment.commit is None:
        return (PlannedTag(name=name, commit=version.commit, at_s=at_s, message=message),)
    closed = PlannedTag(
        name=name._replace(action="unassign"), commit=environment.commit, at_s=at_s, message=message
    )
    return closed, PlannedTag(name=name, commit=version.commit, at_s=at_s + 1, message=message)


def plan_unassignment(state: ModelState, environment: EnvironmentState, move: Move) -> tuple[PlannedTag, ...]:
    """`M#E!#N` on the commit that the environment holds.

    If other tools left older assignments open, each of them is closed under a further counter.
    """
    subject = f"Empty {environment.environment} of {state.name}"
    paragraph = _paragraph(environment, move)
    commits = dict.fromkeys(fact.commit for fact in reversed(environment.open_assignments))
    tags = []
    for number, commit in enumerate(commits):
        counter = environment.counter + 1 + number
        version = environment.version if number == 0 else None
        statement = _statement(environment, version, move, sequence=counter)
        name = TagName(state.name, "unassign", environment=environment.environment, counter=counter)
        message = write_message(subject, paragraph, statement)
        at_s = first_second(state, move.now) + number
        tags.append(PlannedTag(name=name, commit=commit, at_s=at_s, message=message))
    return tuple(tags)


def plan_deregistration(
    state: ModelState, version: RegisteredVersion, *, now: datetime, reason: str | None
) -> tuple[PlannedTag, ...]:
    """`M@vX!` on the commit of the version."""
    statement = RejectionStatement(
        model=state.name,
        version=str(version.version),
        release=TagPointer(tag=version.tag, oid=version.oid),
        at=write_time(now),
        reason=reason,
    )
    message = write_message(f"Deregister {state.name} {version.version}", reason or "", statement)
    name = TagName(state.name, "deregister", version=version.version)
    return (PlannedTag(name=name, commit=version.commit, at_s=first_second(state, now), message=message),)


def first_second(state: ModelState, now: datetime) -> int:
    """The tagger's time of the next tag: now, but at least a second after the newest tag of the model.

    A tag that is dated at the end of time has no later one; order does not depend on that.
    """
    return min(max(int(now.timestamp()), state.newest_tag_s + 1), LAST_DAY)


def future_note(state: ModelState, now: datetime) -> tuple[str, ...]:
    """A warning if the model's newest tag is in the future; the statement keeps the real time."""
    if state.newest_tag_s <= now.timestamp() + _FUTURE_S:
        return ()
    ahead = write_time(as_time(state.newest_tag_s))
    newest = f"The newest tag of `{state.name}` is dated {ahead}, in the future"
    return (f"{newest}: the new tags are dated after it so that gto and DVC agree",)


def _paragraph(environment: EnvironmentState, move: Move) -> str:
    lines = [move.reason] if move.reason else []
    if environment.commit is not None:
        lines.append(f"Before: {environment.label}")
    return "\n".join(lines)


def _statement(
    environment: EnvironmentState, version: RegisteredVersion | None, move: Move, *, sequence: int
) -> EnvironmentStatement:
    newest = environment.changes[-1].fact if environment.changes else None
    return EnvironmentStatement(
        model=environment.model,
        environment=environment.environment,
        sequence=sequence,
        action=move.action,
        at=write_time(move.now),
        version=None if version is None else str(version.version),
        release=None if version is None else TagPointer(tag=version.tag, oid=version.oid),
        previous=None if newest is None else TagPointer(tag=newest.tag, oid=newest.oid),
        reason=move.reason,
        gates=move.gates,
        policy=move.policy,
    )
