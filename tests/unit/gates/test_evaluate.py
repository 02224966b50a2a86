"""The outcome table and the effect table, cell by cell."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.config.file import Config, Environment, FileBaseline, Gate
from mlgit.core.gates.evaluate import BaselineFiles, effect_of, evaluate, select
from tests.support.verdicts import absolute, baseline, case, change, metric_file, rules, told, waiver

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import BaselineState, Outcome

GOOD = metric_file(auc="0.95")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_candidate_that_is_not_finite_is_an_error(gate: Gate, value: str) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(auc=value),), against=baseline(GOOD)), rules())
    assert told(result) == ("error", "not_finite", "block")


@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_candidate_that_is_no_number_is_an_error(gate: Gate) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(auc="high"),), against=baseline(GOOD)), rules())
    assert told(result) == ("error", "not_a_number", "block")
    assert result.candidate is None


@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_missing_metric_is_an_error_that_lists_candidates(gate: Gate) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(test__acc="1"),), against=baseline(GOOD)), rules())
    assert told(result) == ("error", "unknown_metric", "block")
    assert result.hint is not None
    assert "metrics/test.json:test.acc" in result.hint


def test_without_any_metric_file_the_metric_is_unknown() -> None:
    gate = absolute(low="0")
    assert told(evaluate(gate, case(gate, files=()), rules())) == ("error", "unknown_metric", "block")


def test_a_stale_file_is_no_reason_for_a_metric_that_it_never_had() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", f1="1"),))
    assert evaluate(gate, where, rules()).reason == "unknown_metric"


def test_an_ambiguous_metric_lists_what_it_could_mean() -> None:
    gate = absolute(low="0")
    files = (GOOD, metric_file(path="metrics/b.json", auc="1"))
    result = evaluate(gate, case(gate, files=files), rules())
    assert told(result) == ("error", "ambiguous_metric", "block")
    assert "`metrics/b.json:auc`" in result.message


@pytest.mark.parametrize("problem", ["missing", "unreadable", "not_fetched"])
def test_a_file_without_numbers_gives_its_own_reason(problem: str) -> None:
    gate = absolute(low="0")
    result = evaluate(gate, case(gate, files=(metric_file(problem),)), rules())  # type: ignore[arg-type]
    assert told(result) == ("error", problem, "block")
    assert result.hint == "do it"


def test_the_file_that_the_full_name_says_tells_why() -> None:
    gate = absolute(metric="metrics/z.json:auc", low="0")
    files = (metric_file("missing", path="metrics/a.json"), metric_file("unreadable", path="metrics/z.json"))
    assert evaluate(gate, case(gate, files=files), rules()).reason == "unreadable"


@pytest.mark.parametrize("problem", ["stale", "not_from_pipeline"])
@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_numbers_that_are_not_the_pipelines_are_errors(gate: Gate, problem: str) -> None:
    file = metric_file(problem, auc="0.99")  # type: ignore[arg-type]
    result = evaluate(gate, case(gate, files=(file,), against=baseline(GOOD)), rules())
    assert told(result) == ("error", problem, "block")


def test_a_bad_number_is_told_before_staleness() -> None:
    gate = absolute(low="0")
    result = evaluate(gate, case(gate, files=(metric_file("stale", auc="NaN"),)), rules())
    assert result.reason == "not_finite"


@pytest.mark.parametrize(
    ("purpose", "outcome"), [("check", "pass"), ("promote", "pass"), ("release", "error")]
)
def test_allow_stale_helps_everybody_but_a_release(purpose: str, outcome: str) -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", auc="0.9"),))
    assert evaluate(gate, where, rules(purpose=purpose, allow_stale=True)).outcome == outcome


def test_allow_stale_does_not_let_edited_numbers_through() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", "not_from_pipeline", auc="0.9"),))
    assert evaluate(gate, where, rules(allow_stale=True)).reason == "not_from_pipeline"


def test_a_number_made_by_hand_counts_and_is_marked() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file(auc="0.9", stage=None),))
    result = evaluate(gate, where, rules())
    assert (result.outcome, result.made_by_hand) == ("pass", True)
    assert evaluate(gate, where, rules(pipeline_only=True)).reason == "not_from_pipeline"


@pytest.mark.parametrize("state", ["none", "unreadable", "too_shallow"])
def test_an_absolute_gate_needs_no_baseline(state: BaselineState) -> None:
    gate = absolute(low="0.9")
    where = case(gate, files=(GOOD,), against=baseline(state=state))
    assert told(evaluate(gate, where, rules())) == ("pass", None, "allow")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("skipped", "no_baseline", "allow")),
        ({"on_no_baseline": "skip"}, ("skipped", "no_baseline", "allow")),
        ({"on_no_baseline": "fail"}, ("fail", "no_baseline", "block")),
        ({"on_no_baseline": "fail", "severity": "warn"}, ("fail", "no_baseline", "warn")),
    ],
)
def test_without_a_baseline_a_change_is_skipped_or_fails(
    more: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    gate = change(**more)
    where = case(gate, files=(GOOD,), against=baseline(state="none"))
    assert told(evaluate(gate, where, rules())) == expected


@pytest.mark.parametrize(
    ("state", "reason", "told_reason"),
    [
        ("unreadable", None, "baseline_unreadable"),
        ("unreadable", "baseline_unknown", "baseline_unknown"),
        ("too_shallow", None, "history_too_shallow"),
    ],
)
def test_a_baseline_that_cannot_be_seen_is_an_error(
    state: BaselineState, reason: str | None, told_reason: str
) -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(state=state, reason=reason))
    assert told(evaluate(gate, where, rules())) == ("error", told_reason, "block")


def test_a_metric_that_the_baseline_lacks_is_new() -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(f1="1")))
    assert told(evaluate(gate, where, rules())) == ("skipped", "new_metric", "allow")


@pytest.mark.parametrize(
    ("problem", "reason"), [("unreadable", "baseline_unreadable"), ("not_fetched", "not_fetched")]
)
def test_a_baseline_file_without_numbers_is_an_error(problem: str, reason: str) -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(problem)))  # type: ignore[arg-type]
    assert told(evaluate(gate, where, rules())) == ("error", reason, "block")


def test_a_baseline_file_that_was_missing_makes_the_metric_new() -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file("missing")))
    assert evaluate(gate, where, rules()).reason == "new_metric"


@pytest.mark.parametrize(
    ("value", "reason"),
    [("NaN", "baseline_not_finite"), ("Infinity", "baseline_not_finite"), ("high", "baseline_not_a_number")],
)
def test_a_bad_baseline_number_is_an_error(value: str, reason: str) -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(auc=value)))
    assert told(evaluate(gate, where, rules())) == ("error", reason, "block")


def test_a_renamed_metric_file_is_found_by_the_metrics_name() -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(path="old.json", test__auc="0.951")))
    result = evaluate(gate, where, rules())
    assert (result.outcome, result.baseline_file, result.baseline_key) == ("pass", "old.json", "test.auc")


def test_the_same_place_wins_over_another_of_the_same_name() -> None:
    gate = change()
    against = baseline(metric_file(path="a.json", auc="0.1"), metric_file(auc="0.95"))
    assert evaluate(gate, case(gate, files=(GOOD,), against=against), rules()).baseline == "0.95"


def test_the_same_place_counts_even_when_it_belonged_to_no_model_then() -> None:
    gate = change()
    entry = BaselineFiles(baseline().baseline, (), (metric_file(auc="0.95"),))
    assert evaluate(gate, case(gate, files=(GOOD,), against=entry), rules()).outcome == "pass"


def test_an_ambiguous_baseline_is_an_error() -> None:
    gate = change()
    against = baseline(metric_file(path="a.json", auc="0.1"), metric_file(path="b.json", auc="0.95"))
    assert evaluate(gate, case(gate, files=(GOOD,), against=against), rules()).reason == "ambiguous_metric"


@pytest.mark.parametrize(
    ("low", "high", "value", "reason"),
    [
        ("0.9", None, "0.9", None),
        ("0.9", None, "0.8999999999999999999999", "below_minimum"),
        ("0.9", None, "1e999999", None),
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
    # limit, baseline, candidate, does it hold
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
@pytest.mark.parametrize("new", ["0.1", "-0.1"])
def test_a_percentage_of_zero_is_an_error_when_anything_changed(kind: str, new: str) -> None:
    gate = change(limits={kind: "2%"})
    where = case(gate, files=(metric_file(auc=new),), against=baseline(metric_file(auc="0")))
    result = evaluate(gate, where, rules())
    assert told(result) == ("error", "relative_to_zero", "block")
    assert result.change_percent is None


def test_a_failed_change_says_numbers_and_limit() -> None:
    gate = change(limits={"max_drop": "0.005"})
    where = case(gate, files=(metric_file(auc="0.958"),), against=baseline(metric_file(auc="0.971")))
    assert evaluate(gate, where, rules()).message == "auc 0.971 -> 0.958 (-0.013, allowed -0.005)"


def test_a_percentage_says_what_it_allows_here() -> None:
    gate = change(limits={"max_rise": "2%"})
    where = case(gate, files=(metric_file(auc="53"),), against=baseline(metric_file(auc="50")))
    result = evaluate(gate, where, rules())
    assert result.message == "auc 50 -> 53 (+3, allowed +1 = 2%)"
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


EFFECTS = [
    ("pass", "error", "fail", "allow"),
    ("pass", "warn", "fail", "allow"),
    ("pass", "info", "fail", "allow"),
    ("skipped", "error", "fail", "allow"),
    ("skipped", "warn", "fail", "allow"),
    ("skipped", "info", "fail", "allow"),
    ("fail", "error", "fail", "block"),
    ("fail", "warn", "fail", "warn"),
    ("fail", "info", "fail", "note"),
    ("inconclusive", "error", "fail", "block"),
    ("inconclusive", "error", "warn", "warn"),
    ("inconclusive", "error", "allow", "allow"),
    ("inconclusive", "warn", "fail", "warn"),
    ("inconclusive", "info", "fail", "note"),
    ("error", "error", "fail", "block"),
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
def test_the_floor_of_a_change_bounds_the_side_that_failed(
    limits: dict[str, str], value: str, floor: str, effect: str
) -> None:
    gate = change(limits=limits)
    where = case(gate, files=(metric_file(auc=value),), against=baseline(metric_file(auc="1")))
    result = evaluate(gate, where, rules(waivers=(waiver("drop", floor),)))
    assert result.effect == effect


@pytest.mark.parametrize(("covers", "effect"), [((), "block"), (("error",), "waived")])
def test_an_error_is_waived_only_when_the_waiver_covers_errors(covers: tuple[str, ...], effect: str) -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file(auc="NaN"),))
    assert evaluate(gate, where, rules(waivers=(waiver(covers=covers),))).effect == effect


@pytest.mark.parametrize(
    ("name", "effect"), [("floor", "waived"), ("m/floor", "waived"), ("n/floor", "block")]
)
def test_a_waiver_names_a_gate_or_one_models_gate(name: str, effect: str) -> None:
    gate = absolute(low="1")
    where = case(gate, files=(metric_file(auc="0.95"),), model="m")
    assert evaluate(gate, where, rules(waivers=(waiver(name, floor="0"),))).effect == effect


CONFIG = Config(
    gates={
        gate.id: gate
        for gate in (
            absolute("floor", low="0"),
            absolute("late-floor", low="0", when="promote"),
            change("vs-base", vs="base"),
            change("vs-prod", vs="prod"),
            change("late", vs="prod", when="promote"),
            change("vs-release", vs="release"),
            Gate(id="vs-file", metric="auc", vs=FileBaseline(path="ref.json")),
            change("other-model", vs="prod", models=("other",)),
        )
    },
    environments={
        "prod": Environment(name="prod", gates=("vs-prod", "vs-base")),
        "staging": Environment(name="staging"),
        "dev": Environment(name="dev", gates=()),
    },
)


@pytest.mark.parametrize(
    ("purpose", "environment", "expected"),
    [
        ("check", None, ["floor", "vs-base", "vs-file", "vs-prod", "vs-release"]),
        ("release", None, ["floor", "vs-base", "vs-file", "vs-prod", "vs-release"]),
        ("promote", "prod", ["floor", "late-floor", "vs-base", "vs-prod"]),
        ("promote", "staging", ["floor", "late", "late-floor", "vs-file", "vs-prod", "vs-release"]),
        ("promote", "dev", ["floor", "late-floor"]),
        ("promote", "unknown", ["floor", "late", "late-floor", "vs-file", "vs-prod", "vs-release"]),
    ],
)
def test_which_gates_apply_by_purpose(purpose: str, environment: str | None, expected: list[str]) -> None:
    gates = select(CONFIG, purpose=purpose, model="mine", environment=environment)  # type: ignore[arg-type]
    assert [gate.id for gate in gates] == expected


@pytest.mark.parametrize(("model", "there"), [("other", True), ("mine", False), (None, True)])
def test_a_gate_for_a_model_is_for_that_model(model: str | None, *, there: bool) -> None:
    gates = select(CONFIG, purpose="check", model=model)
    assert ("other-model" in [gate.id for gate in gates]) == there
