"""Evaluate: every reason for the outcomes pass, fail, skipped and error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.config.file import Config, Environment, FileBaseline, Gate
from mlgit.core.gates.evaluate import evaluate, select
from mlgit.core.gates.places import BaselineFiles
from tests.support.verdicts import absolute, baseline, case, change, metric_file, outcome_of, rules

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import BaselineState
    from mlgit.core.pipeline.evidence import MetricFile, ProblemCode

GOOD = metric_file(auc="0.95")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN", "1e400", "-1e309"])
@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_candidate_that_is_not_finite_is_an_error(gate: Gate, value: str) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(auc=value),), against=baseline(GOOD)), rules())
    assert outcome_of(result) == ("error", "not_finite", "block")


@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_candidate_that_is_not_a_number_is_an_error(gate: Gate) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(auc="high"),), against=baseline(GOOD)), rules())
    assert outcome_of(result) == ("error", "not_a_number", "block")
    assert result.candidate is None


@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_a_missing_metric_is_an_error_that_lists_similar_names(gate: Gate) -> None:
    result = evaluate(gate, case(gate, files=(metric_file(test__acc="1"),), against=baseline(GOOD)), rules())
    assert outcome_of(result) == ("error", "unknown_metric", "block")
    assert result.hint is not None
    assert "metrics/test.json:test.acc" in result.hint


def test_without_any_metric_file_the_metric_is_unknown() -> None:
    gate = absolute(low="0")
    assert outcome_of(evaluate(gate, case(gate, files=()), rules())) == ("error", "unknown_metric", "block")


def test_a_metric_that_a_stale_file_lacks_is_unknown() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", f1="1"),))
    assert evaluate(gate, where, rules()).reason == "unknown_metric"


def test_an_ambiguous_metric_lists_its_possible_meanings() -> None:
    gate = absolute(low="0")
    files = (GOOD, metric_file(path="metrics/b.json", auc="1"))
    result = evaluate(gate, case(gate, files=files), rules())
    assert outcome_of(result) == ("error", "ambiguous_metric", "block")
    assert "`metrics/b.json:auc`" in result.message


@pytest.mark.parametrize("problem", ["missing", "unreadable", "not_fetched"])
def test_a_file_without_numbers_gives_its_own_reason(problem: str) -> None:
    gate = absolute(low="0")
    result = evaluate(gate, case(gate, files=(metric_file(problem),)), rules())  # type: ignore[arg-type]
    assert outcome_of(result) == ("error", problem, "block")
    assert result.hint == "do it"


def test_the_reason_comes_from_the_file_in_the_full_name() -> None:
    gate = absolute(metric="metrics/z.json:auc", low="0")
    files = (metric_file("missing", path="metrics/a.json"), metric_file("unreadable", path="metrics/z.json"))
    assert evaluate(gate, case(gate, files=files), rules()).reason == "unreadable"


@pytest.mark.parametrize("problem", ["stale", "not_from_pipeline"])
@pytest.mark.parametrize("gate", [absolute(low="0"), change()])
def test_numbers_that_the_pipeline_did_not_make_are_errors(gate: Gate, problem: str) -> None:
    file = metric_file(problem, auc="0.99")  # type: ignore[arg-type]
    result = evaluate(gate, case(gate, files=(file,), against=baseline(GOOD)), rules())
    assert outcome_of(result) == ("error", problem, "block")


def test_a_bad_number_is_reported_before_staleness() -> None:
    gate = absolute(low="0")
    result = evaluate(gate, case(gate, files=(metric_file("stale", auc="NaN"),)), rules())
    assert result.reason == "not_finite"


@pytest.mark.parametrize(
    ("purpose", "outcome"), [("check", "pass"), ("promote", "pass"), ("release", "error")]
)
def test_allow_stale_does_not_apply_to_a_release(purpose: str, outcome: str) -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", auc="0.9"),))
    assert evaluate(gate, where, rules(purpose=purpose, allow_stale=True)).outcome == outcome


def test_allow_stale_does_not_accept_edited_numbers() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file("stale", "not_from_pipeline", auc="0.9"),))
    assert evaluate(gate, where, rules(allow_stale=True)).reason == "not_from_pipeline"


def test_a_number_made_by_hand_is_accepted_and_marked() -> None:
    gate = absolute(low="0")
    where = case(gate, files=(metric_file(auc="0.9", stage=None),))
    result = evaluate(gate, where, rules())
    assert (result.outcome, result.made_by_hand) == ("pass", True)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (metric_file(auc="0.9", stage=None), "No stage makes `metrics/test.json`"),
        (
            replace(metric_file(auc="0.9", stage=None), tracked_by="metrics/test.json.dvc"),
            "No stage makes `metrics/test.json`: `metrics/test.json.dvc` tracks it",
        ),
    ],
)
@pytest.mark.parametrize("allow_stale", [False, True])
def test_numbers_that_no_stage_makes_do_not_count_where_the_pipeline_must_make_them(
    file: MetricFile, message: str, *, allow_stale: bool
) -> None:
    gate = absolute(low="0")
    where = case(gate, files=(file,), numbers="pipeline")
    result = evaluate(gate, where, rules(allow_stale=allow_stale))
    assert outcome_of(result) == ("error", "not_from_pipeline", "block")
    assert result.message == message
    assert "numbers: committed" in str(result.hint)
    made = case(gate, files=(metric_file(auc="0.9"),), numbers="pipeline")
    assert evaluate(gate, made, rules()).outcome == "pass"


@pytest.mark.parametrize("problem", ["missing", "unreadable", "not_fetched"])
def test_a_number_that_is_there_counts_whatever_else_its_file_lacks(problem: ProblemCode) -> None:
    gate = absolute(low="0")
    assert evaluate(gate, case(gate, files=(metric_file(problem, auc="1"),)), rules()).outcome == "pass"


@pytest.mark.parametrize(("words", "message"), [("So it is", "So it is"), (None, None)])
@pytest.mark.parametrize(
    ("state", "otherwise"),
    [("none", "There is nothing to compare with: prod"), ("unreadable", "prod cannot be read")],
)
def test_the_baselines_own_words_come_first(
    state: BaselineState, otherwise: str, words: str | None, message: str | None
) -> None:
    gate, against = change(), baseline(state=state)
    entry = against._replace(baseline=replace(against.baseline, message=words))
    assert evaluate(gate, case(gate, files=(GOOD,), against=entry), rules()).message == (message or otherwise)


def test_a_result_names_its_baseline_and_every_limit() -> None:
    both = change(limits={"max_drop": "0.1", "max_rise": "2%"})
    result = evaluate(both, case(both, files=(GOOD,), against=baseline(GOOD)), rules())
    assert (result.vs, [bound.kind for bound in result.limits]) == ("prod", ["max_drop", "max_rise"])
    file = replace(both, vs=FileBaseline(path="ref.json"))
    assert evaluate(file, case(file, files=(GOOD,)), rules()).vs == "file:ref.json"
    alone = absolute(low="0", high="1")
    assert evaluate(alone, case(alone, files=(GOOD,)), rules()).vs is None


@pytest.mark.parametrize("state", ["none", "unreadable", "too_shallow", "unknown"])
def test_an_absolute_gate_needs_no_baseline(state: BaselineState) -> None:
    gate = absolute(low="0.9")
    where = case(gate, files=(GOOD,), against=baseline(state=state))
    assert outcome_of(evaluate(gate, where, rules())) == ("pass", None, "allow")


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
    assert outcome_of(evaluate(gate, where, rules())) == expected


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("unreadable", None, "baseline_unreadable"),
        ("unreadable", "baseline_unknown", "baseline_unknown"),
        ("too_shallow", None, "history_too_shallow"),
        ("unknown", None, "unknown_here"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_an_error(
    state: BaselineState, reason: str | None, expected: str
) -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(state=state, reason=reason))
    assert outcome_of(evaluate(gate, where, rules())) == ("error", expected, "block")


def test_a_metric_that_the_baseline_lacks_is_new() -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(f1="1")))
    assert outcome_of(evaluate(gate, where, rules())) == ("skipped", "new_metric", "allow")


@pytest.mark.parametrize(
    ("problem", "reason"), [("unreadable", "baseline_unreadable"), ("not_fetched", "not_fetched")]
)
def test_a_baseline_file_without_numbers_is_an_error(problem: str, reason: str) -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(problem)))  # type: ignore[arg-type]
    assert outcome_of(evaluate(gate, where, rules())) == ("error", reason, "block")


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
    assert outcome_of(evaluate(gate, where, rules())) == ("error", reason, "block")


def test_a_renamed_metric_file_is_found_by_the_metrics_name() -> None:
    gate = change()
    where = case(gate, files=(GOOD,), against=baseline(metric_file(path="old.json", test__auc="0.951")))
    result = evaluate(gate, where, rules())
    assert (result.outcome, result.baseline_file, result.baseline_key) == ("pass", "old.json", "test.auc")


def test_the_same_file_and_key_win_over_the_same_name() -> None:
    gate = change()
    against = baseline(metric_file(path="a.json", auc="0.1"), metric_file(auc="0.95"))
    assert evaluate(gate, case(gate, files=(GOOD,), against=against), rules()).baseline == "0.95"


def test_the_same_file_and_key_are_used_even_if_they_belonged_to_no_model() -> None:
    gate = change()
    entry = BaselineFiles(baseline().baseline, (), (metric_file(auc="0.95"),))
    assert evaluate(gate, case(gate, files=(GOOD,), against=entry), rules()).outcome == "pass"


def test_an_ambiguous_baseline_is_an_error() -> None:
    gate = change()
    against = baseline(metric_file(path="a.json", auc="0.1"), metric_file(path="b.json", auc="0.95"))
    assert evaluate(gate, case(gate, files=(GOOD,), against=against), rules()).reason == "ambiguous_metric"


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
def test_the_purpose_decides_which_gates_apply(
    purpose: str, environment: str | None, expected: list[str]
) -> None:
    gates = select(CONFIG, purpose=purpose, model="mine", environment=environment)  # type: ignore[arg-type]
    assert [gate.id for gate in gates] == expected


@pytest.mark.parametrize(("model", "there"), [("other", True), ("mine", False), (None, True)])
def test_a_gate_for_a_model_applies_only_to_it(model: str | None, *, there: bool) -> None:
    gates = select(CONFIG, purpose="check", model=model)
    assert ("other-model" in [gate.id for gate in gates]) == there
