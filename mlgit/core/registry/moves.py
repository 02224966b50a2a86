"""Moves: which commits an environment can go back to, and which it qualifies for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.state import label_of, version_of
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import (
        Change,
        EnvironmentState,
        ModelState,
        RegisteredVersion,
        TagFact,
    )


def stack(environment: EnvironmentState) -> tuple[str, ...]:
    """The commits of earlier promotions, the current one last; a rollback pops one.

    Each commit is in it once, at its newest promotion, so that k rollbacks visit k different versions. A
    commit that was unassigned or rolled back is removed, one that a promotion replaced is not.
    """
    commits: list[str] = []
    for change in environment.changes:
        if _promotes_what_is_lost(change):
            continue
        if change.assigned is None:
            commits = [each for each in commits if each != change.fact.commit]
        elif change.action == "rollback" and change.assigned.commit in commits:
            del commits[commits.index(change.assigned.commit) + 1 :]
        else:
            commits = [each for each in commits if each != change.assigned.commit]
            if change.action == "rollback" and commits and change.held is not None:
                commits.pop()
            commits.append(change.assigned.commit)
    return tuple(commits)


def qualified(environment: EnvironmentState) -> frozenset[str]:
    """The commits that the environment holds, or that a later promotion replaced there."""
    commits: set[str] = set()
    for change in environment.changes:
        left = change.unassigned or change.held
        if left is not None and change.action != "promote" and not _promotes_what_is_lost(change):
            commits.discard(left.commit)
        if change.assigned is not None:
            commits.add(change.assigned.commit)
    return frozenset(commits)


def held_before(environment: EnvironmentState) -> Iterator[tuple[TagFact, Change]]:
    """What the environment held before, the newest first, each with the change that took it out."""
    after = environment.holder
    for change in reversed(environment.changes):
        if change.held is not None and (after is None or after.oid != change.held.oid):
            yield change.held, change
        after = change.held


def ranked(state: ModelState) -> tuple[list[RegisteredVersion], list[RegisteredVersion]]:
    """The versions that environments have or had and the final ones, newest first, and the pre-releases.

    Anyone may push any number of pre-releases, which must not take the place of others.
    """
    changes = (change for each in state.environments.values() for change in each.changes)
    there = {change.assigned.commit for change in changes if change.assigned is not None}
    newest = list(reversed(state.versions))
    first = [each for each in newest if each.commit in there]
    first += [each for each in newest if each.version.final and each.commit not in there]
    return first, [each for each in newest if not each.version.final and each.commit not in there]


def held_last(environment: EnvironmentState, state: ModelState) -> tuple[TagFact, Change] | None:
    """What an empty environment held last, apart from versions that are deregistered."""
    if environment.holder is not None:
        return None
    return next(
        (each for each in held_before(environment) if not withdrawn(each[0], environment, state)), None
    )


def taken_out_last(environment: EnvironmentState) -> TagFact | None:
    """What an environment held until someone emptied it; None if it is not empty, or nothing was there."""
    last = environment.changes[-1] if environment.changes and environment.holder is None else None
    explicit = last is not None and last.assigned is None and last.action == "unassign" and not last.half
    return last.held if last is not None and explicit else None


def earlier_versions(environment: EnvironmentState, state: ModelState) -> list[RegisteredVersion]:
    """The versions that an environment can go back to, the newest first."""
    left = environment.commit if environment.doubt is None else None
    earlier = [commit for commit in stack(environment) if commit != left]
    # Who empties an environment by mistake goes back to what was there.
    emptied = None if environment.doubt is not None else taken_out_last(environment)
    if emptied is not None:
        earlier = [*(commit for commit in earlier if commit != emptied.commit), emptied.commit]
    registered = {each.commit: each for each in state.versions}
    # If a commit has two versions, the statement of the environment's own tag decides.
    for change in environment.changes:
        stated = change.assigned and version_of(change.assigned, environment.registered)
        if stated is not None:
            registered[stated.commit] = state.find(stated.version) or stated
    return [registered[commit] for commit in reversed(earlier) if commit in registered]


def emptied(environment: EnvironmentState, state: ModelState) -> str | None:
    """Who took what out of an empty environment, as a sentence; None if nothing was ever there."""
    if environment.holder is not None or not environment.changes:
        return None
    held, fact = environment.changes[-1].held, environment.changes[-1].fact
    version = None
    if held is not None and held.commit == fact.commit:
        version, label = version_of(held, environment.registered), label_of(held, environment.registered)
    else:
        label = fact.parsed_summary.version or f"what is at {fact.commit[:7]}"
    text = f"{fact.tagger} took {label} of `{environment.model}` out on {fact.at:%Y-%m-%d %H:%M} UTC"
    text = f"{text} (`{fact.tag}`)"
    known = None if version is None else state.find(version.version)
    if known is None or not known.withdrawn or known.rejected is None:
        return text
    rejected = known.rejected
    return f"{text}, and {rejected.tagger} deregistered it on {rejected.at:%Y-%m-%d %H:%M} UTC"


def withdrawn(fact: TagFact, environment: EnvironmentState, state: ModelState) -> bool:
    """Whether the version of an environment's tag is deregistered by a tag that counts."""
    version = version_of(fact, environment.registered)
    found = None if version is None else state.find(version.version)
    return found is not None and found.withdrawn


_LEFT = {"promote": "replaced it", "rollback": "rolled it back", "unassign": "took it out"}


def how_it_left(change: Change) -> str:
    """What the maker of a change did with the version that was there, such as `rolled it back`."""
    stated = change.fact.parsed_summary.action if change.half else change.action
    return _LEFT.get(str(stated), _LEFT["unassign"])


def departure(commit: str, environment: EnvironmentState) -> Change | None:
    """The rollback or unassignment by which a commit left, if it did not return since."""
    found: Change | None = None
    for change in environment.changes:
        left = change.unassigned or change.held
        goes = left is not None and left.commit == commit
        if goes and change.action != "promote" and not _promotes_what_is_lost(change):
            found = change
        if change.assigned is not None and change.assigned.commit == commit:
            found = None
    return found


def require_history(
    state: ModelState, name: str, *, otherwise: str, version: str | None = None, after: str | None = None
) -> None:
    """Refuse to take an environment's history for whole where one tag of a change is lost.

    With `version`, only a change matters that may have put that one there; with `after`, only one that
    followed the newest assignment of that commit. One that was made again does not matter. `otherwise` is
    what to do if no clone has the tag.

    Raises:
        StateError: there is such a change.
    """
    refused = {each.fact.tag: each for each in state.refused}
    again: set[str | None] = set()
    for change in reversed(state.environment(name).changes):
        if after is not None and change.assigned is not None and change.assigned.commit == after:
            return
        if change.assigned is not None:
            again.add(change.assigned.parsed_summary.version)
        half, tag = change.fact, str(change.fact.name._replace(action="assign"))
        other = refused.get(tag)
        stated = half.parsed_summary.version
        put_again = stated is not None and stated in again
        if (
            not change.half
            or put_again
            or (other is not None and not other.foreign)
            or not _may_put(half, version)
        ):
            continue
        raise StateError(
            f"What `{name}` held of `{state.name}` before is not known here: the tag `{tag}`, written with "
            f"`{half.tag}`, {'is not here' if other is None else 'was replaced'}",
            hint=f"run `git fetch --force --tags`; if no clone has that tag, {otherwise}",
        )


def incomplete_changes(environment: EnvironmentState, before: int) -> Iterator[int]:
    """The numbers of changes before one of which this clone has no tag, or not both; it may be very many."""
    whole = {change.fact.name.counter for change in environment.changes if not change.half}
    return (number for number in range(1, before) if number not in whole)


def _may_put(half: TagFact, version: str | None) -> bool:
    return version is None or half.parsed_summary.version in {None, version}


def _promotes_what_is_lost(change: Change) -> bool:
    return change.half and change.fact.parsed_summary.action == "promote"
