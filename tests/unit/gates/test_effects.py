"""Effects: the effect of an outcome by severity and waivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.evaluate import effect_of, evaluate
from tests.support.verdicts import absolute, baseline, case, change, metric_file, rules, waiver

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Outcome

EFFECTS = [
    ("pass", "error", "fail", "allow"),
    ("pass", "warn", "fail", "allow"),
    ("pass", "info", "fail", "allow"),
    ("skipped", "error", "fail", "allow"),
    ("skipped", "warn", "fail", "allow"),
    ("skipped", "info", "fail", "allow"),
    ("fail", "error", "fail", "block"),
    ("fail", "error", "allow", "block"),
    ("fail", "warn", "fail", "warn"),
    ("fail", "info", "fail", "note"),
    ("inconclusive", "error", "fail", "block"),
    ("inconclusive", "error", "warn", "warn"),
    ("inconclusive", "error", "allow", "allow"),
    ("inconclusive", "warn", "fail", "warn"),
    ("inconclusive", "info", "fail", "note"),
    ("error", "error", "fail", "block"),
    ("error", "error", "allow", "block"),
    ("error", "warn", "fail", "warn"),
    ("error", "info", "fail", "note"),
]


@pytest.mark.parametrize(("outcome", "severity", "inconclusive", "effect"), EFFECTS)
def test_every_cell_of_the_effect_table(
    outcome: Outcome, severity: str, inconclusive: str, effect: str
) -> None:
    gate = absolute(low="0", severity=severity, on_inconclusive=inconclusive)
    assert effect_of(gate, outcome) == effect


@pytest.mark.parametrize(
    ("low", "high", "value", "floor", "effect"),
    [
        ("0.95", None, "0.94", "0.93", "waived"),
        ("0.95", None, "0.93", "0.93", "waived"),
        ("0.95", None, "0.92", "0.93", "block"),
        (None, "50", "55", "60", "waived"),
        (None, "50", "60", "60", "waived"),
        (None, "50", "61", "60", "block"),
        ("0.95", None, "0.96", "0.93", "allow"),
    ],
)
def test_a_waiver_below_its_floor_does_not_help(
    low: str | None, high: str | None, value: str, floor: str, effect: str
) -> None:
    gate = absolute(low=low, high=high)
    where = case(gate, files=(metric_file(auc=value),))
    result = evaluate(gate, where, rules(waivers=(waiver(floor=floor),)))
    assert result.effect == effect
    assert result.waiver == ("w1" if effect == "waived" else None)
    assert ("floor" in result.message) == (effect == "block")


@pytest.mark.parametrize(
    ("limits", "value", "floor", "effect"),
    [
        ({"max_drop": "0.01"}, "0.8", "0.7", "waived"),
        ({"max_drop": "0.01"}, "0.8", "0.85", "block"),
        ({"max_rise": "0.01"}, "1.2", "1.3", "waived"),
        ({"max_rise": "0.01"}, "1.2", "1.1", "block"),
        ({"min_drop": "0.1"}, "0.95", "1", "waived"),
        ({"min_rise": "0.1"}, "0.95", "1", "block"),
    ],
)
def test_the_floor_of_a_change_limits_the_side_that_failed(
    limits: dict[str, str], value: str, floor: str, effect: str
) -> None:
    gate = change(limits=limits)
    where = case(gate, files=(metric_file(auc=value),), against=baseline(metric_file(auc="1")))
    result = evaluate(gate, where, rules(waivers=(waiver("drop", floor),)))
    assert result.effect == effect


@pytest.mark.parametrize(
    ("limits", "value", "effect"),
    [
        ({"max_drop": "0.01"}, "0.8", "waived"),
        ({"max_drop": "0.01"}, "0.6", "block"),
        ({"min_rise": "0.01"}, "0.6", "block"),
        ({"max_rise": "0.01"}, "0.6", "waived"),
        ({"max_rise": "0.01"}, "0.8", "block"),
        ({"min_drop": "0.01"}, "0.8", "block"),
        ({"max_drop": "0.01", "max_rise": "0.01"}, "0.8", "waived"),
        ({"max_drop": "0.01", "max_rise": "0.01"}, "0.6", "block"),
    ],
)
def test_without_a_baseline_the_floor_is_on_the_side_that_the_gate_guards(
    limits: dict[str, str], value: str, effect: str
) -> None:
    gate = change(limits=limits, on_no_baseline="fail")
    where = case(gate, files=(metric_file(auc=value),), against=baseline(state="none"))
    assert evaluate(gate, where, rules(waivers=(waiver("drop", "0.7"),))).effect == effect


@pytest.mark.parametrize(("covers", "effect"), [((), "block"), (("error",), "waived")])
def test_an_error_is_waived_only_if_the_waiver_covers_errors(covers: tuple[str, ...], effect: str) -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file(auc="NaN"),))
    assert evaluate(gate, where, rules(waivers=(waiver(covers=covers),))).effect == effect


@pytest.mark.parametrize(
    ("name", "effect"), [("floor", "waived"), ("m/floor", "waived"), ("n/floor", "block")]
)
def test_a_waiver_names_a_gate_or_the_gate_of_one_model(name: str, effect: str) -> None:
    gate = absolute(low="1")
    where = case(gate, files=(metric_file(auc="0.95"),), model="m")
    assert evaluate(gate, where, rules(waivers=(waiver(name, floor="0"),))).effect == effect
