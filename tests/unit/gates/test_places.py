"""Where a gate's number is, and in which words it is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.evaluate import EMPTIED, Case, evaluate
from mlgit.core.gates.resolved.lost import lost_comparisons
from tests.support.verdicts import absolute, baseline, case, change, metric_file, outcome_of, rules

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import MetricFile


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "No metric file has `auc`"),
        ((metric_file(f1="1"),), "There is no metric `auc`"),
    ],
)
def test_a_missing_metric_and_a_missing_file_have_different_words(
    files: tuple[object, ...], message: str
) -> None:
    gate = absolute(low="0")
    assert evaluate(gate, case(gate, files=files), rules()).message == message  # type: ignore[arg-type]


def test_of_many_meanings_five_are_listed() -> None:
    files = tuple(metric_file(path=f"{letter}.json", auc="1") for letter in "abcdef")
    gate = absolute(low="0")
    names = ", ".join(f"`{letter}.json:auc`" for letter in "abcde")
    assert evaluate(gate, case(gate, files=files), rules()).message == f"`auc` could mean {names} or 1 more"


def test_a_name_of_several_metrics_is_replaced_by_the_one_that_was_read_before() -> None:
    files = (metric_file(path="a.json", auc="1"), metric_file(path="b.json", auc="1"))
    gate = replace(change("g", "auc", limits={"max_drop": "0"}), line=10)
    old = baseline(metric_file(path="b.json", auc="1"))
    found = evaluate(gate, case(gate, files=files, against=old), rules())
    assert found.message == "`auc` could mean `a.json:auc` or `b.json:auc`"
    assert found.hint == 'write `metric: "b.json:auc"` in `mlgit.yaml:10`, as in prod'
    both = evaluate(gate, case(gate, files=files, against=baseline(*files)), rules())
    assert both.hint == 'write `metric: "a.json:auc"` in `mlgit.yaml:10`, for example'


@pytest.mark.parametrize("path", ["a.json", "z.json"])
def test_a_null_at_the_same_place_does_not_make_the_metric_new(path: str) -> None:
    gate = change("g", "auc", limits={"max_drop": "0"})
    old = baseline(metric_file(path="b.json", loss="1"))
    old = old._replace(others=(replace(metric_file(path=path), others={"auc": "null"}),))
    found = evaluate(gate, case(gate, files=(metric_file(path="a.json", auc="1"),), against=old), rules())
    expected = (
        ("error", "baseline_not_a_number", "block")
        if path == "a.json"
        else ("skipped", "new_metric", "allow")
    )
    assert outcome_of(found) == expected


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ((), "`auc` is new: v1.0.0 does not have it"),
        ((metric_file(path="b.json", auc="1"),), "`auc` is new for `m`: v1.0.0 has it only in `b.json`"),
    ],
)
def test_a_metric_that_only_other_models_had_is_new_for_this_one(
    others: tuple[MetricFile, ...], message: str
) -> None:
    gate = change("g", "auc", limits={"max_drop": "0"})
    entry = baseline()
    entry = entry._replace(baseline=replace(entry.baseline, label="v1.0.0", model="m"), others=others)
    where = case(gate, files=(metric_file(path="a.json", auc="1"),), against=entry, model="m")
    assert evaluate(gate, where, rules()).message == message


def test_a_comparison_that_is_an_error_is_not_called_lost() -> None:
    own = (replace(metric_file(path="new.json", loss="0.4"), others={"auc": "null"}),)
    entry = baseline()._replace(own=own, named=(("drop", "loss"),))
    where = case(
        change(metric="auc"), files=(metric_file(path="new.json", auc="0.81"),), against=entry, model="m"
    )
    assert list(lost_comparisons([where], [])) == []


def test_only_the_gates_that_compare_with_what_was_emptied_are_named() -> None:
    emptied = baseline(state="none", reason=EMPTIED)
    gates = (change("a"), change("b", vs="base"), change("c"), absolute("d", low="0"))
    files = (metric_file(auc="0.9"),)
    where = Case("m", gates, files, {"prod": emptied, "base": baseline(state="none", vs="base")})
    (found,) = lost_comparisons([where], [])
    assert (found.code, found.subjects) == ("baseline_emptied", ("a", "c"))
    unused = Case("m", gates[1:2], files, where.baselines)
    assert list(lost_comparisons([unused], [])) == []
