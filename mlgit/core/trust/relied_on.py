"""Relied on: the promotions that an assignment needs to count, of which one must hold."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from mlgit.core.registry.state import ModelState, TagFact


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
