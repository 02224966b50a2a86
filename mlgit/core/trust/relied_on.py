"""Relied on: the promotions that an assignment needs to count, of which one must hold."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

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
