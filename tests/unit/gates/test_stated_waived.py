"""Outcomes other than `pass` that a tag states of a gate which the numbers do not pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.config.file import Gate, Limit
from mlgit.core.gates.verdict import Bound, Candidate, Result, Verdict
from mlgit.core.gates.waivers import Waiver
from mlgit.core.trust.relied_on import Step
from mlgit.project.gates.trunk import outcomes
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import V1, moved

if TYPE_CHECKING:
    from mlgit.core.config.file import Severity
    from mlgit.core.gates.verdict import Effect

WHY = Result(
    id="new/cap",
    gate="cap",
    model="new",
    metric="mae",
    outcome="fail",
    reason="max_rise_broken",
    message="",
    severity="error",
    effect="block",
    candidate="0.55",
    limits=(Bound(kind="max_rise", amount="0.05"),),
)
VERDICT = Verdict(
    decision="block",
    purpose="promote",
    evaluated_on=date(2026, 12, 1),
    candidate=Candidate(label="c", commit="c"),
    gates_sha="",
    results=(WHY, replace(WHY, id="new/size", gate="size", outcome="pass", effect="allow")),
)
CAP = Gate(id="cap", metric="mae", vs="prod", change={"max_rise": Limit(amount=Decimal("0.05"))})
STEP = Step(fact("m#prod#2", 2), "c", "v2.0.0", "b", "v1.0.0")
OTHER = "`{}` of it for v2.0.0 after v1.0.0; by the numbers in Git it failed"
FAILED = "`fail` of it for v2.0.0 after v1.0.0, and no waiver that trunk had then covers that"
EMPTY = "`error` of it for v2.0.0 after v1.0.0, and no waiver that trunk had then covers its failure"


def waiver(gate: str = "cap", floor: str | None = "0.6") -> Waiver:
    worst = None if floor is None else Decimal(floor)
    return Waiver(id="w", gate=gate, reason="r", approver="a", expires=date(2026, 6, 1), floor=worst)


@pytest.mark.parametrize(
    ("outcome", "severity", "waivers", "expected"),
    [
        ("pass", "error", [waiver()], "that v2.0.0 passed it after v1.0.0; by the numbers in Git it did not"),
        ("skipped", "error", [waiver()], OTHER.format("skipped")),
        ("inconclusive", "warn", [], OTHER.format("inconclusive")),
        ("fail", "error", [waiver()], None),
        ("fail", "error", [waiver("new/cap")], None),
        ("fail", "error", [waiver("m/cap")], None),
        ("fail", "error", [waiver(floor=None)], None),
        ("fail", "warn", [], None),
        ("error", "warn", [], None),
        ("error", "error", [waiver()], None),
        ("fail", "error", [], FAILED),
        ("fail", "error", [waiver(floor="0.06")], FAILED),
        ("fail", "error", [waiver("other/cap"), waiver("size")], FAILED),
        ("error", "error", [waiver(floor="0.06")], f"{EMPTY} by the numbers in Git"),
    ],
)
def test_a_failure_is_settled_by_its_severity_or_a_waiver_of_then(
    monkeypatch: pytest.MonkeyPatch,
    outcome: str,
    severity: Severity,
    waivers: list[Waiver],
    expected: str | None,
) -> None:
    monkeypatch.setattr(outcomes, "waivers_then", lambda *_: waivers)
    effect: Effect = "block" if severity == "error" else "warn"
    project: Any = SimpleNamespace()
    why = replace(WHY, severity=severity, effect=effect)
    assert outcomes.unsettled(project, STEP, outcome, why) == expected


NOT_LIFTED: tuple[str, tuple[str, ...]] = ("block", ())
LIFTED: tuple[str, tuple[str, ...]] = ("allow_with_warnings", ("cap",))


@pytest.mark.parametrize(
    ("waivers", "then", "now", "expected"),
    [
        ([waiver()], CAP, CAP, LIFTED),
        ([waiver("m/cap")], CAP, CAP, LIFTED),
        ([waiver()], CAP, replace(CAP, change={"max_rise": Limit(amount=Decimal("0.01"))}), LIFTED),
        ([], CAP, CAP, NOT_LIFTED),
        ([waiver(floor="0.06")], CAP, CAP, NOT_LIFTED),
        ([waiver("size")], CAP, CAP, NOT_LIFTED),
        ([waiver()], replace(CAP, metric="loss"), CAP, NOT_LIFTED),
        ([waiver()], replace(CAP, vs="staging"), CAP, NOT_LIFTED),
        ([waiver()], None, CAP, NOT_LIFTED),
    ],
    ids=[
        *("covered", "its model's", "a stricter limit now", "none", "below its floor", "another gate"),
        *("another metric", "another baseline", "no such gate then"),
    ],
)
def test_a_verdict_of_now_is_lifted_by_a_waiver_of_then(
    monkeypatch: pytest.MonkeyPatch,
    waivers: list[Waiver],
    then: Gate | None,
    now: Gate,
    expected: tuple[str, tuple[str, ...]],
) -> None:
    rules = SimpleNamespace(gates={} if then is None else {"cap": then})
    monkeypatch.setattr(outcomes, "rules_then", lambda *_: rules)
    monkeypatch.setattr(outcomes, "waivers_then", lambda *_: waivers)
    project: Any = SimpleNamespace(trunk_config=SimpleNamespace(gates={"cap": now}))
    tag = moved("m#prod#2", 1, V1, policy=commit(7))
    verdict, lifted = outcomes.lift_promotion(project, tag, VERDICT)
    assert (verdict.decision, lifted) == expected
    assert verdict.summary.waived == len(lifted)
