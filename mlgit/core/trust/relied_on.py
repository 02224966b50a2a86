"""Relied on: the promotions that an assignment needs to count, and what took the place of what was before."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.registry.state import label_of, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.core.registry.state import Change, EnvironmentState, ModelState, RegisteredVersion, TagFact


def relied_on(fact: TagFact, source: str | None, state: ModelState) -> tuple[TagFact, ...] | None:
    """The promotions, newest first; None if it needs none.

    A rollback needs one to its own environment, a promotion one to `source`, the environment in `from`.
    """
    here = state.environment(fact.name.environment or "")
    if fact.parsed_summary.action == "rollback":
        changes = [*takewhile(lambda change: change.fact.tag != fact.tag, here.changes)]
    elif source is None:
        return None
    else:
        there = state.environment(source).changes
        changes = [each for each in there if each.fact.tagged_at_s < fact.tagged_at_s]
    return tuple(
        each.fact
        for each in reversed(changes)
        if each.action == "promote" and each.fact.commit == fact.commit
    )


class Brought(NamedTuple):
    """How the commit of a promotion came to its environment, where it was there before already.

    `first` put it there; of the `promotions`, newest first, one must hold for it to be there rightly.
    """

    first: TagFact
    promotions: tuple[TagFact, ...]


def brought_by(fact: TagFact, state: ModelState) -> Brought | None:
    """What a promotion of what is there relies on; None if something else was there before it.

    Someone who only took it out in between does not make it something new.
    """
    here = state.environment(fact.name.environment or "").changes
    earlier = reversed([*takewhile(lambda change: change.fact.tag != fact.tag, here)])
    before = [each for each in earlier if each.assigned is not None]
    same = [*takewhile(lambda each: each.fact.commit == fact.commit, before)]
    if not same:
        return None
    needed = before if same[-1].action == "rollback" else same
    return Brought(
        same[-1].fact,
        tuple(each.fact for each in needed if each.action == "promote" and each.fact.commit == fact.commit),
    )


class Step(NamedTuple):
    """A tag that put a commit into the place of another one, with the names of both versions.

    `later`: by the dates of both tags, that one was only released afterwards, of an older commit.
    """

    fact: TagFact
    commit: str
    label: str
    before: str
    label_before: str
    later: bool = False


def release_steps(
    versions: Sequence[RegisteredVersion],
    *,
    precedes: Callable[[str, str], bool],
    committed_s: Callable[[str], int],
) -> Iterator[Step]:
    """Each of these releases, the newest first, with the highest one before it that is behind it in Git.

    A higher commit may have a lower number. What was rejected was there before what is older than its
    rejection. A tag that claims to be older than its own commit says nothing about when it was made.
    """
    needed = {each.tag for each in versions if not each.withdrawn}
    for number, new in enumerate(versions, 1):
        if new.tag not in needed:
            continue
        at_s = new.fact.tagged_at_s
        earlier = (each for each in versions[number:] if not _was_rejected(each, at_s))
        before = next((each for each in earlier if precedes(each.commit, new.commit)), None)
        if before is None:
            continue
        needed.add(before.tag)
        later = before.fact.tagged_at_s > at_s >= committed_s(new.commit)
        yield Step(new.fact, new.commit, str(new.version), before.commit, str(before.version), later)


def _was_rejected(version: RegisteredVersion | None, at_s: int) -> bool:
    """Whether a version was rejected by then, by a tag that counts."""
    if version is None or not version.withdrawn or version.rejected is None:
        return False
    return version.rejected.tagged_at_s <= at_s


def promotion_steps(here: EnvironmentState, state: ModelState) -> Iterator[Step]:
    """Each promotion that put another commit into an environment, the newest first.

    Before it was what the environment held or, if it was emptied, what that held last: not what was rejected
    already.
    """
    return (step for change, step in _steps(here, state) if change.action == "promote")


class Lowered(NamedTuple):
    """A rollback, and the promotions after it, newest first, until the next rollback or to the end."""

    step: Step
    since: tuple[TagFact, ...]


def rollbacks_before_promotions(here: EnvironmentState, state: ModelState) -> Iterator[Lowered]:
    """Each rollback after which something was promoted, the newest first.

    Not one from a version that was rejected, whenever that was: nothing has to be as good as that.
    """
    order = {change.fact.tag: number for number, change in enumerate(here.changes)}
    for change, step in _steps(here, state):
        if change.action != "rollback" or _was_rejected_ever(step.before, here, state):
            continue
        later = here.changes[order[change.fact.tag] + 1 :]
        since = [each.assigned for each in reversed(later) if each.action == "promote" and each.assigned]
        if since:
            yield Lowered(step, tuple(since))


def _steps(here: EnvironmentState, state: ModelState) -> Iterator[tuple[Change, Step]]:
    """Each change that put another commit into an environment, the newest first."""
    found: list[tuple[Change, Step]] = []
    held: list[TagFact] = []
    for change in here.changes:
        if change.held is not None and (not held or held[-1].oid != change.held.oid):
            held.append(change.held)
        fact = change.assigned
        if fact is None:
            continue
        usable = (each for each in reversed(held) if not _rejected(each, here, state, fact.tagged_at_s))
        before = next(usable, None) if change.held is None else change.held
        if before is not None and before.commit != fact.commit:
            labels = [label_of(each, here.registered) for each in (fact, before)]
            found.append((change, Step(fact, fact.commit, labels[0], before.commit, labels[1])))
        held.append(fact)
    return reversed(found)


def _was_rejected_ever(commit: str, here: EnvironmentState, state: ModelState) -> bool:
    versions = (state.find(each.version) for each in here.registered.get(commit, ()))
    return any(each is not None and each.withdrawn for each in versions)


def _rejected(fact: TagFact, here: EnvironmentState, state: ModelState, at_s: int) -> bool:
    version = version_of(fact, here.registered)
    return version is not None and _was_rejected(state.find(version.version), at_s)
