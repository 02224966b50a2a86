"""Stated gates: a promotion states what trunk's gates of its moment answered, and none of them blocked."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest

from mlgit.core.config.file import Environment, Gate, Limit
from mlgit.core.gates.verdict import Outcome
from mlgit.core.registry.statement import GateOutcome
from mlgit.core.trust.proof import OUTCOMES
from mlgit.project.trust.asked_gates import refused_outcomes
from tests.support.tags import commit
from tests.unit.trust.test_accept import V1, ask, moved

POLICY = commit(7)
DEMANDED = {
    "auc": refused_outcomes(
        Gate(id="auc", metric="auc", vs="prod", change={"max_drop": Limit(amount=Decimal(1))})
    ),
    "size": refused_outcomes(Gate(id="size", metric="size", maximum=Decimal(1), severity="warn")),
}
UNHEARD_OF = "it states `inconclusive` of the gate `size`, which that gate cannot have"


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"auc": "pass", "size": "pass"}, None),
        ({"auc": "pass", "size": "fail"}, None),
        ({"auc": "skipped", "size": "pass"}, None),
        ({"auc": "pass", "size": "pass", "more": "fail"}, None),
        ({"auc": "passed", "size": "pass"}, "it states `passed`, which is not the outcome of a gate"),
        ({"auc": "pass", "size": "pass", "more": ""}, "it states ``, which is not the outcome of a gate"),
        ({"auc": "pass"}, "it states no outcome of `size`"),
        ({}, "it states no outcome of `auc`, `size`"),
        ({"auc": "fail", "size": "pass"}, "it states `fail` of the gate `auc`, which blocks a promotion"),
        ({"auc": "error", "size": "pass"}, "it states `error` of the gate `auc`, which blocks a promotion"),
        (
            {"auc": "pass", "size": "skipped"},
            "it states `skipped` of the gate `size`, which that gate cannot have",
        ),
        ({"auc": "pass", "size": "inconclusive"}, UNHEARD_OF),
    ],
)
def test_a_promotion_states_every_gate_of_its_moment(stated: dict[str, str], why: str | None) -> None:
    gates = tuple(GateOutcome(gate=gate, outcome=outcome) for gate, outcome in stated.items())
    rules = {POLICY: {"prod": Environment(name="prod")}}
    tag = moved("m#prod#1", 1, V1, policy=POLICY, gates=gates)
    doubt = ask(V1, tag, rules=rules, gates=DEMANDED).environment("prod").doubt
    assert (None if doubt is None else doubt.why) == why
    passed = tuple(GateOutcome(gate=gate, outcome="pass") for gate in DEMANDED)
    before = moved("m#prod#1", 1, V1, policy=POLICY, gates=passed)
    back = moved("m#prod#2", 1, V1, policy=POLICY, gates=gates, action="rollback")
    assert ask(V1, before, back, rules=rules, gates=DEMANDED).refused == ()


def test_a_gate_has_one_outcome_and_a_known_one() -> None:
    rules = {POLICY: {"prod": Environment(name="prod")}}
    gates = tuple(GateOutcome(gate=gate, outcome="pass") for gate in ("auc", "size", "auc"))
    state = ask(V1, moved("m#prod#1", 1, V1, policy=POLICY, gates=gates), rules=rules, gates=DEMANDED)
    (refusal,) = state.refused
    assert refusal.why == "it states two outcomes of one gate, which mlgit never writes"
    assert frozenset(get_args(Outcome)) == OUTCOMES


def test_a_promotion_without_a_policy_counts_as_it_is() -> None:
    assert ask(V1, moved("m#prod#1", 1, V1), gates=DEMANDED).refused == ()


FAILED = tuple(
    GateOutcome(gate=gate, outcome=outcome) for gate, outcome in (("auc", "fail"), ("size", "pass"))
)


@pytest.mark.parametrize(("gate", "counts"), [("auc", True), ("size", False)])
def test_a_waiver_lifts_the_gate_that_it_names(gate: str, counts: bool) -> None:  # noqa: FBT001
    rules = {POLICY: {"prod": Environment(name="prod")}}
    tag = moved("m#prod#1", 1, V1, policy=POLICY, gates=FAILED)
    state = ask(
        V1, tag, rules=rules, gates=DEMANDED, lifts=lambda *asked: asked == (POLICY, tag, gate, "fail")
    )
    assert (state.refused == ()) is counts
