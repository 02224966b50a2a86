"""The hash of gates: everything that decides what a gate asks, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.config.file import FileBaseline, Gate
from mlgit.core.gates.decision import decide
from mlgit.core.gates.gate_changes import compare_gates
from mlgit.core.gates.verdict import Policy
from tests.support.verdicts import CANDIDATE, absolute, baseline, case, change, limit, metric_file, rules

if TYPE_CHECKING:
    from mlgit.core.gates.evaluate import Case
    from mlgit.core.gates.places import BaselineFiles

FILE = metric_file(auc="0.9", test__f1="0.8")
OTHER = metric_file(path="other.json", auc="0.9")
GATE = change("g", limits={"max_drop": "0.01"})
EVERY_FIELD: dict[str, Any] = {
    "id": "h",
    "metric": "f1",
    "models": ("m",),
    "minimum": Decimal(1),
    "maximum": Decimal(1),
    "vs": "base",
    "change": {"max_drop": limit("0.02")},
    "severity": "warn",
    "when": "promote",
    "on_no_baseline": "fail",
    "on_inconclusive": "warn",
}
NOT_HASHED = {"line"}


def sha(*cases: Case) -> str:
    return decide(cases, rules=rules(), candidate=CANDIDATE, policy=Policy()).gates_sha


def one(gate: Gate = GATE, *files: Any, against: BaselineFiles | None = None) -> Case:  # noqa: ANN401
    return case(gate, files=files or (FILE,), against=against or baseline(FILE))


def test_every_field_of_a_gate_is_in_the_hash_and_in_the_comparison() -> None:
    """A new field belongs to both, or to `NOT_HASHED` if it decides nothing."""
    assert {each.name for each in fields(Gate)} == EVERY_FIELD.keys() | NOT_HASHED
    for name, value in EVERY_FIELD.items():
        changed = replace(GATE, **{name: value})
        assert sha(one(changed)) != sha(one()), name
        assert compare_gates({"g": GATE}, {changed.id: changed}), name


@pytest.mark.parametrize(
    "other",
    [
        one(replace(GATE, metric="other.json:auc"), FILE, OTHER),
        one(GATE, OTHER),
        one(GATE, replace(FILE, stage=None)),
        one(GATE, replace(FILE, stage="other")),
        one(GATE, metric_file(test__auc="0.9")),
        one(against=baseline(state="none")),
        one(against=baseline(metric_file(test__auc="0.9"))),
        one(against=baseline(OTHER)),
        one()._replace(model="m"),
    ],
)
def test_every_part_of_what_a_gate_resolves_to_is_in_the_hash(other: Case) -> None:
    assert sha(other) != sha(one())


def test_the_commit_and_the_rule_of_a_baseline_are_in_the_hash() -> None:
    against = baseline(FILE)
    for other in (replace(against.baseline, commit="c" * 40), replace(against.baseline, rule="another")):
        assert sha(one(against=against._replace(baseline=other))) != sha(one(against=against))


def test_the_number_of_a_reference_file_is_in_the_hash_and_its_commit_is_not() -> None:
    gate = replace(GATE, vs=FileBaseline(path="x.json"))
    against = baseline(FILE, vs="file:x.json")
    there = against._replace(baseline=replace(against.baseline, commit=None))
    assert sha(one(gate, against=there)) == sha(one(gate, against=against))
    lower = against._replace(files=(metric_file(auc="0.1"),))
    assert sha(one(gate, against=lower)) != sha(one(gate, against=against))


def test_order_lines_and_numbers_are_not_in_the_hash() -> None:
    first, second = absolute("a", low="0.9", line=3), change("b")
    both = case(first, second, files=(FILE,), against=baseline(FILE))
    assert sha(both) == sha(case(second, replace(first, line=99), files=(FILE,), against=baseline(FILE)))
    better = metric_file(auc="0.99", test__f1="0")
    assert sha(both) == sha(case(first, second, files=(better,), against=baseline(FILE)))


def test_only_the_stage_of_the_gates_own_file_is_in_the_hash() -> None:
    gate = replace(GATE, metric="test.f1")
    before = sha(one(gate, OTHER, FILE))
    assert sha(one(gate, OTHER, replace(FILE, stage="other"))) != before
    assert sha(one(gate, replace(OTHER, stage="other"), FILE)) == before


def test_the_hash_stays_the_same_in_later_versions() -> None:
    """Tags have it on record; a change of its bytes would look like a change of gates."""
    assert sha(one()) == "49d54b19a532f51013b65277f8e211a7ac8ff25bd9ce82a014ff2d9cef6d4c0f"
