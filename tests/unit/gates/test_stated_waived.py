"""Outcomes other than `pass` that a tag states of a gate which the numbers do not pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.gates.verdict import Bound, Result
from mlgit.core.gates.waivers import Waiver
from mlgit.core.trust.relied_on import Step
from mlgit.project.gates.trunk import outcomes
from tests.support.tags import fact

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
