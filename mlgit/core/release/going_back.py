"""Going back: which version a rollback takes, and what is left to do where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.moves import departure, earlier_versions, held_before, require_history
from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, label_of, version_of
from mlgit.core.release.promotion import (
    end_of_rejection,
    promotion_command,
    require_not_rejected,
    require_version,
    uncounted_rejection,
)
from mlgit.core.trust.newest_release import still_lost
from mlgit.core.wording import cut, format_since, listed, word, words
from mlgit.errors import Absent, AnswerNo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from mlgit.core.registry.state import Change, Refusal, TagFact


_MOST, _REASON, _HOUR_S = 3, 60, 3600  # rejections of one error, and characters of a reason
_ONLY_RECORDS = "which only records that it is meant to be empty"


class NothingBefore(Absent):
    """The environment has no earlier version that could be put back."""


def rollback_target(
    state: ModelState,
    environment: EnvironmentState,
    to: str | None = None,
    *,
    counts: Callable[[RegisteredVersion], bool] = lambda _: True,
    sound: Callable[[RegisteredVersion], bool] = lambda _: True,
) -> RegisteredVersion:
    """The version a rollback takes the environment to.

    Where the newest tag is refused, that is what counted before it, even if that is what the tag states.
    `counts`: a promotion that counts put a version there. `sound`: gates let it pass, if that was not named.

    Raises:
        StateError: there is no earlier version, or `to` is not one of them.
        AnswerNo: `to` is deregistered, or the commit of the version is, as another one.
    """
    candidates, name = earlier_versions(environment, state), environment.environment
    if to is not None:
        wanted = require_version(state, to)
        if wanted.deregistered:
            raise AnswerNo(
                f"`{state.name}@{wanted.version}` is deregistered and cannot be put back",
                details=() if wanted.rejection_counts else (uncounted_rejection(wanted),),
                hint=end_of_rejection(wanted),
            )
        if wanted not in candidates or not counts(wanted):
            promote = f"run `{promotion_command(state, name, wanted)}`"
            require_history(state, name, otherwise=promote, version=str(wanted.version))
            why = _why_not(environment, wanted, was_there=wanted in candidates)
            raise Absent(f"`{name}` cannot go back to `{state.name}@{wanted.version}`: {why}", hint=promote)
        require_not_rejected(state, wanted, instead="name another version")
        return wanted
    found = _newest_sound((each for each in candidates if not each.deregistered and counts(each)), sound)
    named = f"name the version: `mlgit rollback {state.name} --env {word(name)} --to VERSION -m REASON`"
    require_history(state, name, otherwise=named, after=found and found.commit)
    if found is None:
        raise _nothing_before(state, environment, candidates)
    require_not_rejected(state, found, instead=named)
    return found


def _newest_sound(
    usable: Iterable[RegisteredVersion], sound: Callable[[RegisteredVersion], bool]
) -> RegisteredVersion | None:
    first: RegisteredVersion | None = None
    for each in usable:
        if sound(each):
            return each
        first = first or each
    return first


def _nothing_before(
    state: ModelState, environment: EnvironmentState, candidates: Sequence[RegisteredVersion]
) -> NothingBefore:
    name, rejected = environment.environment, [each for each in candidates if each.deregistered]
    if rejected:
        return _all_rejected(state, environment, rejected)
    refused = refused_assignments(state, environment)[-1:]
    other = _another(state, environment)
    hint = f"run `mlgit unassign {word(state.name)} --env {word(name)}`, {_ONLY_RECORDS}"
    if other is not None:
        hint = f"run `{promotion_command(state, name, other)}`, or `{hint[5:]}"
    details = tuple(each.sentence for each in refused)
    before = "" if environment.label is None else f" before {environment.label}"
    message = f"`{name}` has no version of `{state.name}`{before} to go back to"
    left = _left(state, environment, candidates)
    if left is not None:
        version, change = left
        put_back = f"run `{promotion_command(state, name, version)}`"
        taken_out = change.action == "unassign"
        again = f"to put {version.version} back"
        hint = f"{again}, {put_back}" if taken_out else f"{hint}; {again} all the same, {put_back}"
        what = f"{version.version} was {'taken out' if taken_out else 'rolled back'}"
        message = f"Nothing is left that `{name}` can go back to: {what}"
        # The rollback that was the newest change is named with its age.
        newest = change is environment.changes[-1] and not taken_out
        details = details if newest else (*details, _departed(change, version))
    elif environment.label is None:
        first = f"mlgit release {word(state.name)}"
        hint = f"run `{first if other is None else promotion_command(state, name, other)}`"
    return NothingBefore(
        message,
        details=details,
        hint=still_lost(refused[0]).hint if refused else hint,
    )


def _all_rejected(
    state: ModelState, environment: EnvironmentState, rejected: Sequence[RegisteredVersion]
) -> NothingBefore:
    """The error that names who rejected which version, and what else the environment may hold."""
    name, first = environment.environment, rejected[0]
    other = _another(state, environment)
    if other is not None:
        hint = f"run `{promotion_command(state, name, other)}`"
    else:
        hint = "release another version and promote it, because no command takes a rejection back"
    if environment.label is not None:
        hint += f"; or run `mlgit unassign {word(state.name)} --env {word(name)}`, {_ONLY_RECORDS}"
    return NothingBefore(
        f"Every version that `{name}` can go back to is deregistered: "
        f"{listed(each.tag for each in rejected)}",
        details=tuple(map(_rejection, rejected[:_MOST])),
        hint=end_of_rejection(first) or hint,
    )


def _rejection(version: RegisteredVersion) -> str:
    """For example `Ada deregistered v1.1.0 on 2026-03-01 12:00 UTC: "leaked labels"`."""
    fact = version.rejected
    if fact is None or not version.rejection_counts:
        return uncounted_rejection(version)
    reason = fact.parsed_summary.reason
    why = f': "{cut(reason, _REASON)}"' if reason else ""
    return f"{fact.tagger} deregistered {version.version} on {fact.at:%Y-%m-%d %H:%M} UTC{why}"


def _another(state: ModelState, environment: EnvironmentState) -> RegisteredVersion | None:
    """The newest final version that an environment never held: those before were taken out of it."""
    held = {change.assigned.commit for change in environment.changes if change.assigned is not None}
    usable = (each for each in reversed(state.versions) if each.version.final and not each.deregistered)
    return next((each for each in usable if each.commit not in held), None)


def _left(
    state: ModelState, environment: EnvironmentState, candidates: Sequence[RegisteredVersion]
) -> tuple[RegisteredVersion, Change] | None:
    """The version that someone took out or rolled back last, and that is not there now, with that change.

    Not one of the `candidates`: no promotion that counts put these there.
    """
    passed = {each.commit for each in candidates}
    for fact, change in held_before(environment):
        version = version_of(fact, environment.registered)
        usable = version is not None and not version.deregistered and version != environment.version
        if version is not None and usable and fact.commit not in passed and change.action != "promote":
            return state.find(version.version) or version, change
    return None


def _departed(change: Change, version: RegisteredVersion) -> str:
    """For example `Ada rolled back v1.1.0 on 2026-03-01 12:00 UTC`."""
    how = f"took {version.version} out" if change.action == "unassign" else f"rolled back {version.version}"
    return f"{change.fact.tagger} {how} on {change.fact.at:%Y-%m-%d %H:%M} UTC"


def _why_not(environment: EnvironmentState, wanted: RegisteredVersion, *, was_there: bool) -> str:
    """Why a rollback cannot lead to a version; `was_there` by a tag that does not count."""
    if was_there:
        return "no promotion that counts put it there"
    change = departure(wanted.commit, environment)
    if change is not None:
        return _departed(change, wanted)
    if any(each.assigned and each.assigned.commit == wanted.commit for each in environment.changes):
        return "a later rollback went back further"
    return "it was never there"


def way_out(state: ModelState, here: EnvironmentState, version: RegisteredVersion) -> str:
    """The command that takes a live version out: back to one that was there, if that is possible."""
    back = (each for each in earlier_versions(here, state) if not each.deregistered)
    verb = "rollback" if any(each.commit != version.commit for each in back) else "unassign"
    return words(("mlgit", verb, state.name, "--env", here.environment, "-m", "REASON"))


def passed_over(
    state: ModelState, environment: EnvironmentState, target: RegisteredVersion
) -> tuple[str, ...]:
    """The note of a rollback that goes further back because tags in between do not count."""
    assigned = (each.assigned for each in environment.changes)
    there = [_counter(fact) for fact in assigned if fact is not None and fact.commit == target.commit]
    between = [
        each.fact.tag
        for each in refused_assignments(state, environment)
        if max(there, default=0) < _counter(each.fact)
    ]
    if not between:
        return ()
    verb = "does not count and is" if len(between) == 1 else "do not count and are"
    return (f"{listed(between)} {verb} skipped; `mlgit doctor` shows why",)


def refused_assignments(state: ModelState, environment: EnvironmentState) -> tuple[Refusal, ...]:
    """The assignments before the environment's newest change that do not count, by ascending counter."""
    newest = max((_counter(each.fact) for each in environment.changes), default=0)
    found = [
        each
        for each in state.refused
        if each.fact.name.action == "assign"
        and each.fact.name.environment == environment.environment
        and _counter(each.fact) < newest
    ]
    return tuple(sorted(found, key=lambda each: _counter(each.fact)))


def _counter(fact: TagFact) -> int:
    return fact.name.counter or 0


def rolled_back_lately(here: EnvironmentState, now: datetime) -> str | None:
    """A sentence about the rollback that someone did within the last hour, if it is the newest change."""
    newest = here.changes[-1] if here.changes and here.doubt is None else None
    if newest is None or newest.action != "rollback":
        return None
    # One that is dated ahead may be as recent: the clock that made it, or this one, is wrong.
    if (now - newest.fact.at).total_seconds() >= _HOUR_S:
        return None
    left = "" if newest.held is None else f"from {label_of(newest.held, here.registered)} "
    why = f': "{cut(newest.reason, _REASON)}"' if newest.reason else ""
    what = f"`{here.environment}` {left}to {here.label}"
    return f"{newest.fact.tagger} rolled back {what} {format_since(newest.fact.at, now)}{why}"
