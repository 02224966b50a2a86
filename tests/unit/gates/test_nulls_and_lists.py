"""A null or a list is called that, in the candidate and in the baseline, and never new or unknown."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.evaluate import evaluate
from tests.support.verdicts import absolute, baseline, case, change, metric_file, outcome_of, rules

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import MetricFile

KINDS = ("null", "a list")
NAMES = ("auc", "test.auc", "metrics/test.json:test.auc")


def _odd(kind: str, path: str = "metrics/test.json") -> MetricFile:
    return replace(metric_file(path=path, loss="1"), others={"test.auc": kind})


@pytest.mark.parametrize(("kind", "name"), list(product(KINDS, NAMES)))
def test_a_candidate_without_a_number_says_what_it_has(kind: str, name: str) -> None:
    gate = absolute("g", name, low="0.5")
    found = evaluate(gate, case(gate, files=(_odd(kind),)), rules())
    assert outcome_of(found) == ("error", "not_a_number", "block")
    assert found.message == f"`metrics/test.json:test.auc` is {kind}, not a number"


@pytest.mark.parametrize(
    ("kind", "name", "path"), list(product(KINDS, NAMES[:2], ("metrics/test.json", "scores/old.json")))
)
def test_a_baseline_without_a_number_does_not_make_the_metric_new(kind: str, name: str, path: str) -> None:
    own = metric_file(path="metrics/test.json", **{"test.auc": "0.9"})
    gate = change("g", name, limits={"max_drop": "0"})
    found = evaluate(gate, case(gate, files=(own,), against=baseline(_odd(kind, path))), rules())
    assert outcome_of(found) == ("error", "baseline_not_a_number", "block")
    assert found.message == f"`{path}:test.auc` is {kind}, not a number, in prod"


def test_a_null_of_another_name_changes_nothing() -> None:
    own = metric_file(path="metrics/test.json", recall="0.9")
    gate = change("g", "recall", limits={"max_drop": "0"})
    found = evaluate(gate, case(gate, files=(own,), against=baseline(_odd("null"))), rules())
    assert outcome_of(found) == ("skipped", "new_metric", "allow")
