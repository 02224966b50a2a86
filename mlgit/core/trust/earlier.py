"""Earlier: what an environment held before, also by tags that do not count any more."""

from __future__ import annotations

from dataclasses import replace
from itertools import dropwhile
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.registry.moves import held_before
from mlgit.core.registry.replay import in_order
from mlgit.core.registry.state import label_of, version_of
from mlgit.core.registry.tags import parse_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import (
        Change,
        EnvironmentState,
        ModelState,
        RegisteredVersion,
        TagFact,
    )


class Earlier(NamedTuple):
    """What an environment holds, held, or held by a tag that does not count (`uncounted`).

    `ended` is the change that took it out; None if it is still there. `together`: the tag was written with
    another one, which put this there and is not here or does not count.
    """

    commit: str
    label: str
    version: RegisteredVersion | None = None
    ended: Change | None = None
    uncounted: str | None = None
    together: bool = False

    @property
    def rejected(self) -> TagFact | None:
        """The tag that deregistered it, if that counts."""
        return self.version.rejected if self.version is not None and self.version.withdrawn else None


def held_ever(
    here: EnvironmentState, state: ModelState, commit_of: Callable[[str], str | None]
) -> Iterator[Earlier]:
    """What an environment of a model holds and held, the newest first, then what tags say that do not count.

    `commit_of` finds the commit of a lightweight tag.
    """
    if not here.registered:  # no tag of it counts
        here = replace(here, registered=_by_commit(state))
    if here.holder is not None:
        yield _held(here.holder, here, state, None)
    for fact, end in held_before(here):
        yield _held(fact, here, state, end)
    for each in reversed(state.refused):
        fact = each.fact
        if fact.name.environment == here.environment and fact.name.action == "assign":
            label = label_of(fact, here.registered)
            stated = fact.parsed_summary.version
            yield Earlier(fact.commit, label if stated is None else stated, uncounted=fact.tag)
    for tag in sorted(state.ignored, reverse=True):
        name = parse_tag(tag)
        if name is not None and name.environment == here.environment and name.action == "assign":
            commit = commit_of(tag)
            if commit is not None:
                found = here.registered.get(commit, ())
                label = str(found[-1].version) if found else f"unregistered ({commit[:7]})"
                yield Earlier(commit, label, uncounted=tag)
    yield from _by_other_halves(here, state, commit_of)


def _by_commit(state: ModelState) -> Mapping[str, list[RegisteredVersion]]:
    found: dict[str, list[RegisteredVersion]] = {}
    for version in state.versions:
        found.setdefault(version.commit, []).append(version)
    return found


def _held(fact: TagFact, here: EnvironmentState, state: ModelState, end: Change | None) -> Earlier:
    version = version_of(fact, here.registered)
    known = None if version is None else state.find(version.version) or version
    return Earlier(fact.commit, label_of(fact, here.registered), known, end)


def _by_other_halves(
    here: EnvironmentState, state: ModelState, commit_of: Callable[[str], str | None]
) -> Iterator[Earlier]:
    """What the tags that took something out say was put there, where that is not there or something else."""
    halves = [each.fact for each in state.refused if each.fact.name.environment == here.environment]
    halves += [
        change.unassigned
        for change in here.changes
        if change.unassigned is not None
        and (change.assigned is None or change.assigned.parsed_summary != change.unassigned.parsed_summary)
    ]
    commits: Mapping[str, str] | None = None
    for fact in reversed(halves):
        stated = fact.parsed_summary
        if fact.name.action != "unassign" or stated.action == "unassign" or stated.version is None:
            continue
        commits = _releases(state, commit_of) if commits is None else commits
        if stated.version in commits:
            yield Earlier(commits[stated.version], stated.version, uncounted=fact.tag, together=True)


def _releases(state: ModelState, commit_of: Callable[[str], str | None]) -> Mapping[str, str]:
    """The commit of each number, also where its tag does not count."""
    commits: dict[str, str] = {}
    for tag in state.ignored:
        name = parse_tag(tag)
        if name is not None and name.action == "register" and (commit := commit_of(tag)) is not None:
            commits[str(name.version)] = commit
    for each in state.refused:
        if each.fact.name.action == "register":
            commits[str(each.fact.name.version)] = each.fact.commit
    return {**commits, **{str(each.version): each.commit for each in state.versions}}


def since(fact: TagFact, raw: ModelState, environments: Mapping[str, Environment]) -> frozenset[str]:
    """The tags of an assignment, and of what followed it in its environment and in those promoted from there.

    There, that begins with the first assignment of the same commit that is not older.
    """
    here = fact.name.environment or ""
    ordered = {
        name: in_order(each for each in raw.facts if each.name.environment == name)
        for name in (here, *_promoted_from(here, environments))
    }
    aside = late_changes(ordered.pop(here), [fact.tag])
    for facts in ordered.values():
        later = (each for each in facts if each.tagged_at_s >= fact.tagged_at_s)
        starts = {each.tag for each in later if each.name.action == "assign" and each.commit == fact.commit}
        aside |= late_changes(facts, starts)
    return aside


def _promoted_from(name: str, environments: Mapping[str, Environment]) -> tuple[str, ...]:
    """The environments that have this one in `from`, or one of those."""
    found: dict[str, None] = {}
    sources = {name}
    while sources:
        new = [each for each, one in environments.items() if one.source in sources and each not in found]
        found |= dict.fromkeys(new)
        sources = set(new) - {name}
    return tuple(each for each in found if each != name)


def late_changes(ordered: Iterable[TagFact], starts: Collection[str]) -> frozenset[str]:
    """The tags from the first of these on, with the one that makes room for it."""
    later = list(dropwhile(lambda each: each.tag not in starts, ordered))
    room = [str(each.name._replace(action="unassign")) for each in later[:1]]
    return frozenset([*room, *(each.tag for each in later)])
