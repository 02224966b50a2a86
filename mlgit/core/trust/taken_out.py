"""Taken out: the unassignments that take nothing out of an environment, and so change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.replay import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlgit.core.registry.state import Refusal, TagFact


def idle_unassignments(
    facts: Iterable[TagFact], refusal: Callable[[TagFact], Refusal | None]
) -> Mapping[str, str]:
    """The tags of one environment that state an unassignment and change nothing, each with the reason.

    `refusal` says why another tag does not count. What does not count can be taken out, but not to bring back
    what it replaced: then the tag before is still what decides. So can what a tag put there that is lost.
    """
    found: dict[str, str] = {}
    there: dict[str, TagFact] = {}
    ordered = in_order(facts)
    tags = {fact.tag for fact in ordered}
    lost: set[str | None] = set()
    for fact in ordered:
        refused = refusal(fact)
        if refused is not None and refused.foreign:
            continue
        if fact.name.action == "assign":
            there[fact.commit] = fact
            continue
        if fact.parsed_summary.action == "unassign":
            why = (
                None if not there and fact.parsed_summary.version in lost else _why_idle(fact, there, refusal)
            )
            if why is not None:
                found[fact.tag] = why
                continue
        elif str(fact.name._replace(action="assign")) not in tags:
            lost.add(fact.parsed_summary.version)
        there.pop(fact.commit, None)
    return found


def _why_idle(
    fact: TagFact, there: Mapping[str, TagFact], refusal: Callable[[TagFact], Refusal | None]
) -> str | None:
    environment = fact.name.environment
    taken = there.get(fact.commit)
    if taken is None:
        return f"it takes out what is at {fact.commit[:7]}, which was not in `{environment}` then"
    stated, held = fact.parsed_summary.version, taken.parsed_summary.version
    if stated and held and stated != held:
        return f"it takes out {stated}, and `{environment}` held {held} then"
    if len(there) > 1 and refusal(taken) is not None:
        return f"it takes out `{taken.tag}`, which does not count"
    return None
