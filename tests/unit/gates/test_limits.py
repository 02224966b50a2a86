"""Limits: numbers and changes at and beyond each limit, and the table of kinds."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.file import CHANGE_KINDS, LimitKind
from mlgit.core.gates.evaluate import evaluate
from mlgit.core.gates.limits import KINDS
from mlgit.resources import schema_text
from tests.support.verdicts import absolute, baseline, case, change, metric_file, outcome_of, rules


@pytest.mark.parametrize(
    ("low", "high", "value", "reason"),
    [
        ("0.9", None, "0.9", None),
        ("0.9", None, "0.8999999999999999999999", "below_minimum"),
        ("0.9", None, "1e300", None),
        (None, "50", "50", None),
        (None, "50", "50.00000000000000001", "above_maximum"),
        (None, "50", "-1", None),
        ("0", "1", "0", None),
        ("0", "1", "1", None),
        ("0", "1", "-0.1", "below_minimum"),
        ("0", "1", "1.1", "above_maximum"),
    ],
)
def test_minimum_and_maximum_are_inclusive(
    low: str | None, high: str | None, value: str, reason: str | None
) -> None:
    gate = absolute(low=low, high=high)
    result = evaluate(gate, case(gate, files=(metric_file(auc=value),)), rules())
    assert (result.outcome, result.reason) == ("pass" if reason is None else "fail", reason)


CHANGES = [
    # limits, baseline, candidate, whether the limits hold
    ({"max_drop": "0.005"}, "0.9", "0.895", True),
    ({"max_drop": "0.005"}, "0.9", "0.8949", False),
    ({"max_drop": "0.005"}, "0.9", "5", True),
    ({"max_drop": "0"}, "0.9", "0.9", True),
    ({"max_drop": "0"}, "0.9", "0.89999999999999999999", False),
    ({"max_rise": "2%"}, "50", "51", True),
    ({"max_rise": "2%"}, "50", "51.0001", False),
    ({"max_rise": "2%"}, "-50", "-49", True),
    ({"max_rise": "2%"}, "-50", "-48.9", False),
    ({"max_rise": "0.1"}, "1", "0", True),
    ({"min_rise": "0.5%"}, "200", "201", True),
    ({"min_rise": "0.5%"}, "200", "200.99", False),
    ({"min_rise": "0.5%"}, "0", "0", False),
    ({"min_rise": "0%"}, "0", "0", True),
    ({"min_rise": "0"}, "1", "1", True),
    ({"min_drop": "3"}, "10", "7", True),
    ({"min_drop": "3"}, "10", "7.1", False),
    ({"min_drop": "10%"}, "10", "9", True),
    ({"max_drop": "1%"}, "0", "0", True),
    ({"max_drop": "0.1"}, "0", "-0.05", True),
    ({"max_rise": "0.1"}, "0", "0.2", False),
    ({"max_drop": "0.1", "max_rise": "0.1"}, "1", "1.05", True),
    ({"max_drop": "0.1", "max_rise": "0.1"}, "1", "1.2", False),
    ({"max_drop": "0.1", "max_rise": "0.1"}, "1", "0.8", False),
]


@pytest.mark.parametrize(("limits", "old", "new", "holds"), CHANGES)
def test_limits_of_change(limits: dict[str, str], old: str, new: str, *, holds: bool) -> None:
    gate = change(limits=limits)
    where = case(gate, files=(metric_file(auc=new),), against=baseline(metric_file(auc=old)))
    result = evaluate(gate, where, rules())
    assert result.outcome == ("pass" if holds else "fail")
    assert result.effect == ("allow" if holds else "block")
    assert Decimal(result.change or "NaN") == Decimal(new) - Decimal(old)


@pytest.mark.parametrize("kind", ["max_drop", "max_rise", "min_rise", "min_drop"])
@pytest.mark.parametrize(("new", "verb"), [("0.1", "rose"), ("-0.1", "fell")])
def test_a_percentage_of_zero_is_an_error_if_anything_changed(kind: str, new: str, verb: str) -> None:
    gate = change(limits={kind: "2%"})
    where = case(gate, files=(metric_file(auc=new),), against=baseline(metric_file(auc="0")))
    result = evaluate(gate, where, rules())
    assert outcome_of(result) == ("error", "relative_to_zero", "block")
    assert result.message == f"auc {verb} from 0, so the change has no percentage"
    assert result.change_percent is None


def test_a_failed_change_shows_numbers_and_limit() -> None:
    gate = change(limits={"max_drop": "0.005"})
    where = case(gate, files=(metric_file(auc="0.958"),), against=baseline(metric_file(auc="0.971")))
    assert evaluate(gate, where, rules()).message == "auc 0.971 → 0.958 (-0.013, allowed -0.005)"


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        ("0.9", "0.8999999999", "auc 0.9 → 0.8999999999"),
        ("0.12345678901", "0.12345678901", "auc 0.123457 → 0.123457"),
    ],
)
def test_two_numbers_are_shown_as_different_exactly_if_they_are(old: str, new: str, numbers: str) -> None:
    gate = change(limits={"max_drop": "0.5"})
    where = case(gate, files=(metric_file(auc=new),), against=baseline(metric_file(auc=old)))
    assert evaluate(gate, where, rules()).message.startswith(f"{numbers} (")


def test_a_percentage_is_shown_in_the_unit_of_the_metric() -> None:
    gate = change(limits={"max_rise": "2%"})
    where = case(gate, files=(metric_file(auc="53"),), against=baseline(metric_file(auc="50")))
    result = evaluate(gate, where, rules())
    assert result.message == "auc 50 → 53 (+3, allowed +1 = 2%)"
    assert (result.limits[0].amount, result.limits[0].percent, result.limits[0].allowed) == ("2", True, "1")
    assert result.change_percent == "6"


@given(
    st.decimals(min_value=-1000, max_value=1000, places=6),
    st.decimals(min_value=-1000, max_value=1000, places=6),
    st.decimals(min_value=0, max_value=10, places=6),
)
def test_max_drop_and_min_drop_share_exactly_their_limit(old: Decimal, new: Decimal, amount: Decimal) -> None:
    outcomes = {}
    for kind in ("max_drop", "min_drop"):
        gate = change(limits={kind: str(amount)})
        where = case(gate, files=(metric_file(auc=str(new)),), against=baseline(metric_file(auc=str(old))))
        outcomes[kind] = evaluate(gate, where, rules()).outcome == "pass"
    assert outcomes["max_drop"] or outcomes["min_drop"]
    assert (outcomes["max_drop"] and outcomes["min_drop"]) == (old - new == amount)


def test_every_kind_of_limit_is_in_the_table_and_in_both_schemas() -> None:
    kinds = set(get_args(LimitKind))
    assert set(KINDS) == kinds
    gate = json.loads(schema_text("mlgit"))["$defs"]["gate"]["properties"]
    assert kinds <= gate.keys()
    bound = json.loads(schema_text("verdict"))["$defs"]["bound"]["properties"]
    assert set(bound["kind"]["enum"]) == kinds


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_key_of_one_form_of_gate_in_the_schema(kind: LimitKind) -> None:
    gate = json.loads(schema_text("mlgit"))["$defs"]["gate"]
    (change,) = (form for form in gate["oneOf"] if form.get("required") == ["vs"])
    (absolute,) = (form for form in gate["oneOf"] if form is not change)
    own, other = (absolute, change) if KINDS[kind].measure == "value" else (change, absolute)
    assert kind in gate["properties"]
    assert {"required": [kind]} in own["anyOf"]
    assert kind not in own["properties"]
    assert other["properties"].get(kind) is False
    assert {"required": [kind]} not in other["anyOf"]


def test_change_kinds_are_those_that_do_not_measure_the_value() -> None:
    assert set(CHANGE_KINDS) == {kind for kind, row in KINDS.items() if row.measure != "value"}


def test_the_opposite_of_a_kind_measures_the_other_way() -> None:
    for kind, row in KINDS.items():
        if row.opposite is not None:
            other = KINDS[row.opposite]
            assert (other.opposite, other.fails_high) == (kind, row.fails_high)
            assert other.measure != row.measure
