"""Outcomes: what a tag states of a gate by the rules of its moment, and whether a waiver covered it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
from mlgit.core.registry.tags import plain_baseline
from mlgit.core.trust.proof import parse_statement
from mlgit.errors import MlgitError
from mlgit.project.gates.waivers import waivers_then
from mlgit.project.trust.asked_gates import rules_then
from mlgit.project.trust.lifted import LIFTED, let_through, lift, waivers_since

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mlgit.core.config.file import Gate
    from mlgit.core.gates.verdict import Result, Verdict
    from mlgit.core.gates.waivers import Waiver
    from mlgit.core.registry.state import TagFact
    from mlgit.core.trust.relied_on import Step
    from mlgit.project.open import Project


def stated_of(
    project: Project, fact: TagFact, gate: Gate, is_meant: Callable[[Gate], bool]
) -> Iterator[tuple[Gate, str]]:
    """The gate by the rules of a tag, also under another name, with the outcome that the tag states.

    Other names are asked where the gate was not there, or compared with something else. A tag without a
    policy counts by the rules of now. `is_meant` says whether a gate compares with the same.
    """
    statement = parse_statement(fact.message()).statement
    if not isinstance(statement, EnvironmentStatement | ReleaseStatement):
        return
    rules = statement.commit if isinstance(statement, ReleaseStatement) else statement.policy
    stated = {each.gate: each.outcome for each in statement.gates}
    try:
        config = project.trunk_config if rules is None else rules_then(project, rules)
    except MlgitError:
        return
    if config is None:
        return
    same = [each for each in config.gates.values() if each.id in stated and is_meant(each)]
    own = [each for each in same if each.id == gate.id]
    others = [each for each in same if each.metric == gate.metric]
    yield from ((each, stated[each.id]) for each in own or others)


def is_alike(gate: Gate, now: Gate, fact: TagFact, *, place: str, names: Collection[str | None]) -> bool:
    """Whether a gate, by the rules of a tag, compared with what one of `now` compares with in a place.

    The environment may have had another name, and so may the model: `names` are those in tags. In a release,
    `base` is the release before, too.
    """

    def plain(one: Gate) -> set[str]:
        if not isinstance(one.vs, str):
            return set()
        found = {one.vs, *(plain_baseline(one.vs, each) for each in (*names, fact.name.model))}
        return found | {"release"} if place == "release" and "base" in found else found

    return bool({*plain(now), place, fact.name.environment or "release"} & plain(gate))


def unsettled(project: Project, step: Step, outcome: str, why: Result) -> str | None:
    """What a tag states of a gate that failed, and why that let nothing through; None if it did.

    It may state the failure of a gate that only warns, or that a waiver of its moment covers.
    """
    if outcome == "pass":
        return f"that {step.label} passed it after {step.label_before}; by the numbers in Git it did not"
    states = f"`{outcome}` of it for {step.label} after {step.label_before}"
    if outcome not in LIFTED:
        return f"{states}; by the numbers in Git it failed"
    fact = step.fact
    if why.effect != "block":
        return None
    promotion = fact.name.environment is not None
    waivers = waivers_then(project, fact) if promotion else waivers_since(project, fact.commit)
    if covers(waivers, fact, why):
        return None
    what = "that" if outcome == "fail" else "its failure by the numbers in Git"
    return f"{states}, and no waiver that trunk had then{'' if promotion else ' or later'} covers {what}"


def lift_promotion(project: Project, fact: TagFact, verdict: Verdict) -> tuple[Verdict, tuple[str, ...]]:
    """A verdict of now on a promotion without what a waiver of its moment let through, and those gates.

    That waiver was for the gate of then: it covers one of now that reads and compares with the same.
    """
    statement = fact.statement
    policy = statement.policy if isinstance(statement, EnvironmentStatement) else None
    rules = None if policy is None else rules_then(project, policy)
    if verdict.decision != "block" or rules is None:
        return verdict, ()
    waivers, then, now = waivers_then(project, fact), rules.gates, project.trunk_config.gates

    def is_covered(result: Result) -> bool:
        one, other = then.get(result.gate), now.get(result.gate)
        same = one is not None and other is not None and (one.metric, one.vs) == (other.metric, other.vs)
        return same and covers(waivers, fact, result)

    return lift(verdict, is_covered)


def covers(waivers: Collection[Waiver], fact: TagFact, why: Result) -> bool:
    """Whether a waiver covers a result, also by the name that its model has in a tag."""
    return any(let_through(waivers, each) for each in (why, replace(why, id=f"{fact.name.model}/{why.gate}")))
