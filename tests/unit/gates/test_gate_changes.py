"""How the gates of a change differ from the target's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.file import FileBaseline, Gate
from mlgit.core.gates.gate_changes import compare_gates, only_repointed, strictness
from tests.support.verdicts import absolute, change, limit

FLOOR = absolute("g", low="0.9", high="1")
DROP = change("g", limits={"max_drop": "0.005"})
RISE = change("g", limits={"min_rise": "2%"})


def kind(old: Gate, new: Gate) -> str:
    changes = compare_gates({"g": old}, {"g": new})
    return changes[0].kind if changes else "same"


@pytest.mark.parametrize(
    ("old", "change", "expected"),
    [
        (FLOOR, {}, "same"),
        (FLOOR, {"line": 77}, "same"),
        (FLOOR, {"minimum": Decimal("0.90")}, "same"),
        (FLOOR, {"minimum": Decimal("0.89")}, "loosened"),
        (FLOOR, {"minimum": Decimal("0.91")}, "tightened"),
        (FLOOR, {"maximum": Decimal("1.1")}, "loosened"),
        (FLOOR, {"maximum": Decimal("0.99")}, "tightened"),
        (FLOOR, {"maximum": None}, "loosened"),
        (absolute("g", low="0.9"), {"maximum": Decimal(1)}, "tightened"),
        (FLOOR, {"minimum": Decimal("0.8"), "maximum": Decimal("0.95")}, "loosened"),
        (FLOOR, {"severity": "warn"}, "loosened"),
        (FLOOR, {"severity": "info"}, "loosened"),
        (absolute("g", low="0", severity="info"), {"severity": "warn"}, "tightened"),
        (FLOOR, {"when": "promote"}, "loosened"),
        (absolute("g", low="0", when="promote"), {"when": "check"}, "tightened"),
        (change("g", on_no_baseline="fail"), {"on_no_baseline": "skip"}, "loosened"),
        (DROP, {"on_no_baseline": "fail"}, "tightened"),
        (DROP, {"on_inconclusive": "warn"}, "loosened"),
        (change("g", on_inconclusive="allow"), {"on_inconclusive": "warn"}, "tightened"),
        (DROP, {"change": {"max_drop": limit("0.006")}}, "loosened"),
        (DROP, {"change": {"max_drop": limit("0.004")}}, "tightened"),
        (DROP, {"change": {"max_rise": limit("0.004")}}, "loosened"),
        (DROP, {"change": {"max_drop": limit("0.005"), "max_rise": limit("1")}}, "tightened"),
        (DROP, {"change": {"max_drop": limit("0.5%")}}, "changed"),
        (RISE, {"change": {"min_rise": limit("1%")}}, "loosened"),
        (RISE, {"change": {"min_rise": limit("3%")}}, "tightened"),
        (DROP, {"vs": "release"}, "changed"),
        (DROP, {"vs": FileBaseline(path="x.json")}, "changed"),
        (DROP, {"metric": "f1"}, "changed"),
        (DROP, {"metric": "f1", "severity": "warn"}, "loosened"),
        (DROP, {"models": ("m",)}, "loosened"),
        (change("g", models=("m",)), {"models": None}, "tightened"),
        (change("g", models=("m", "n")), {"models": ("m",)}, "loosened"),
        (change("g", models=("m", "n")), {"models": ("m", "o")}, "loosened"),
        (change("g", models=("m",)), {"models": ("m", "n")}, "tightened"),
        (change("g", models=("m", "n")), {"models": ("n", "m")}, "same"),
    ],
)
def test_each_difference_is_looser_stricter_or_neither(
    old: Gate, change: dict[str, Any], expected: str
) -> None:
    assert kind(old, replace(old, **change)) == expected


def test_added_and_removed_gates_are_reported() -> None:
    changes = compare_gates({"a": FLOOR}, {"b": FLOOR})
    assert [(each.gate, each.kind) for each in changes] == [("a", "removed"), ("b", "added")]


def test_an_absolute_gate_that_became_a_change_is_loosened() -> None:
    assert kind(FLOOR, DROP) == "loosened"


@pytest.mark.parametrize(
    ("old", "change", "message"),
    [
        (RISE, {"change": {"min_rise": limit("1%")}}, "loosened: min_rise 2% → 1%"),
        (DROP, {"change": {"max_drop": limit("0.004")}}, "tightened: max_drop 0.005 → 0.004"),
        (DROP, {"change": {"max_drop": limit("1%")}}, "changed: max_drop 0.005 → 1%"),
        (DROP, {"change": {}}, "loosened: max_drop was removed"),
        (
            DROP,
            {"change": {"max_drop": limit("0.005"), "max_rise": limit("1")}},
            "tightened: max_rise was added",
        ),
        (FLOOR, {"minimum": None, "maximum": Decimal(2)}, "loosened: min was removed, max 1 → 2"),
        (
            FLOOR,
            {"minimum": Decimal(0), "severity": "info"},
            "loosened: severity error → info, min 0.9 → 0",
        ),
        (FLOOR, {"minimum": Decimal(0), "maximum": Decimal(0)}, "loosened: min 0.9 → 0"),
        (FLOOR, {"metric": "f1", "minimum": Decimal(1)}, "changed: metric `auc` → `f1`, min 0.9 → 1"),
        (FLOOR, {"vs": "prod"}, "changed: vs nothing → `prod`"),
        (DROP, {"vs": FileBaseline(path="x.json")}, "changed: vs `prod` → `x.json`"),
        (DROP, {"models": ("n", "m")}, "loosened: models all → m, n"),
    ],
)
def test_the_message_has_what_is_looser_or_all_before_and_after(
    old: Gate, change: dict[str, Any], message: str
) -> None:
    (found,) = compare_gates({"g": old}, {"g": replace(old, **change)})
    assert found.message == f"Gate `g` was {message}"


@given(st.decimals(-5, 5, places=3), st.decimals(-5, 5, places=3))
def test_a_looser_minimum_lets_more_through(old: Decimal, new: Decimal) -> None:
    found = kind(absolute("g", low=str(old)), absolute("g", low=str(new)))
    assert found == ("same" if old == new else "loosened" if new < old else "tightened")


@pytest.mark.parametrize(
    ("old", "change", "expected"),
    [
        (FLOOR, {"minimum": Decimal("0.8")}, "looser"),
        (FLOOR, {"minimum": Decimal("0.95")}, "stricter"),
        (FLOOR, {"minimum": Decimal("0.8"), "maximum": Decimal("0.95")}, None),
        (FLOOR, {"minimum": Decimal("0.95"), "metric": "f1"}, None),
        (FLOOR, {}, None),
    ],
)
def test_a_gate_is_looser_or_stricter_only_if_every_difference_is(
    old: Gate, change: dict[str, Any], expected: str | None
) -> None:
    assert strictness(old, replace(old, **change)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"metric": "f1"}, True),
        ({"vs": "base", "line": 3}, True),
        ({"change": {"max_drop": limit("0.5%")}}, False),
        ({"metric": "f1", "severity": "warn"}, False),
    ],
)
def test_a_gate_that_only_names_something_else_has_the_same_limits(
    change: dict[str, Any],
    expected: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    assert only_repointed(DROP, replace(DROP, **change)) is expected
