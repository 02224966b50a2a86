"""Relied on: the promotions that an assignment needs to count, and what took the place of what was before."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.registry.state import label_of, version_of
from mlgit.core.registry.statement import ReleaseStatement

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

    `later`: that one was only released afterwards, of an older commit. `model_before` is its model's name in
    tags where that was another one.
    """

    fact: TagFact
    commit: str
    label: str
    before: str
    label_before: str
    later: bool = False
    model_before: str | None = None


class Commits(NamedTuple):
    """What git knows of the commits of releases.

    `precedes` says whether one is behind another one, `committed_s` when one was made, and `was_tip` whether
    trunk's tip was there.
    """

    precedes: Callable[[str, str], bool]
    committed_s: Callable[[str], int]
    was_tip: Callable[[str], bool] = lambda _: False


def release_steps(versions: Sequence[RegisteredVersion], commits: Commits) -> Iterator[Step]:
    """Each of these releases, the newest first, with the highest one before it that is behind it in Git.

    A higher commit may have a lower number. What was rejected was there before what is older than its
    rejection. After one that was only released later comes the one that was there already. What is final
    follows what is final or, before the first of these, a pre-release of trunk's tip. Releases under a
    former name of the model come last.
    """
    needed = {each.tag for each in versions if not each.withdrawn}
    for number, new in enumerate(versions, 1):
        if new.tag not in needed:
            continue
        for before in _before(new, versions[number:], commits):
            later = _is_later(before, new, versions, commits)
            needed.add(before.tag)
            yield _step(new, before, later=later)
            if not later:
                break


def _before(
    new: RegisteredVersion, earlier: Sequence[RegisteredVersion], commits: Commits
) -> Iterator[RegisteredVersion]:
    """What a release may have followed, those that decide first."""
    at_s = new.fact.tagged_at_s
    usable = [each for each in earlier if not _was_rejected(each, at_s)]
    first = True
    for each in usable:
        if each.version.final >= new.version.final and commits.precedes(each.commit, new.commit):
            first = False
            yield each
    if first:
        yield from (
            each
            for each in usable
            if each.version.final < new.version.final
            and commits.precedes(each.commit, new.commit)
            and commits.was_tip(each.commit)
        )


def _is_later(
    before: RegisteredVersion,
    new: RegisteredVersion,
    versions: Sequence[RegisteredVersion],
    commits: Commits,
) -> bool:
    """Whether a release was only made after another one, which its commit does not follow.

    Anyone chooses the date of a tag, also to before its commit was there. So the other one must be the newest
    that this one states, or that one, and so on; one without a statement has nothing but its date.
    """
    at_s = new.fact.tagged_at_s
    if before.fact.tagged_at_s <= at_s or at_s < commits.committed_s(new.commit):
        return False
    known = {each.oid: each for each in versions}
    seen: set[str] = set()
    each: RegisteredVersion | None = before
    while each is not None and each.oid not in seen:
        statement = each.fact.statement
        if not isinstance(statement, ReleaseStatement):
            return True
        seen.add(each.oid)
        previous = None if statement.previous is None else statement.previous.oid
        if previous == new.oid:
            return True
        each = known.get(previous or "")
    return False


def _step(new: RegisteredVersion, before: RegisteredVersion, *, later: bool) -> Step:
    other = before.model != new.model
    return Step(
        fact=new.fact,
        commit=new.commit,
        label=str(new.version),
        before=before.commit,
        label_before=before.tag if other else str(before.version),
        later=later,
        model_before=before.model if other else None,
    )


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


def first_step(here: EnvironmentState, there: EnvironmentState, held: TagFact) -> Step | None:
    """The first promotion into an environment, with what another one held whose place it took.

    That is the environment, or the model, under its former name. None if both are the same commit.
    """
    assigned = [change for change in here.changes if change.assigned is not None]
    fact = assigned[0].assigned if assigned else None
    if fact is None or assigned[0].action != "promote" or fact.commit == held.commit:
        return None
    before = f"{label_of(held, there.registered)} in `{there.environment}`"
    other = there.model != here.model
    return Step(
        fact=fact,
        commit=fact.commit,
        label=label_of(fact, here.registered),
        before=held.commit,
        label_before=f"{there.model}@{before}" if other else before,
        model_before=there.model if other else None,
    )
