"""What the numbers of one model know says nothing about those of another one, and a cause is named once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.numbers import measure
from mlgit.core.gates.resolved.findings import Finding, message_of
from tests.unit.gates.test_numbers import BOTH, FOLDER, MORE, NEW, ONE, READ, found, gate, pipeline

MODELS = {**FOLDER, "train-a": (("clean.csv",), ("a.bin",)), "test-a": (("a.bin",), ("a.json",))}
PART = "No number of the gates of `b` comes from a stage that reads or makes its part `m/x.bin` (stage other)"


def test_a_gate_on_the_data_is_a_finding_next_to_one_on_another_model() -> None:
    new = [gate(BOTH, "data.json", "b.bin", "rows"), gate(BOTH, "a.json", "a.bin", model="a")]
    assert [*found([], new, BOTH, BOTH).values()] == ["finding"]


def test_a_number_that_knows_more_than_before_is_fine() -> None:
    old, new = ([gate(BOTH, file, "b.bin")] for file in ("a.json", "data.json"))
    assert found(old, new, BOTH, BOTH) == {}


def test_another_finding_does_not_explain_a_number_that_never_knew_the_model() -> None:
    old, new = [gate(BOTH, "by-hand.json", "b.bin")], [gate(BOTH, "a.json", "b.bin")]
    other = Finding(code="gate_repointed", subjects=("g",), text="it read something else", model="b")
    assert [each.code for each in measure(old, new, (BOTH, BOTH), [other]).findings] == [
        "number_of_another_model"
    ]


@pytest.mark.parametrize("first", ["a", "b"])
def test_only_the_model_with_a_part_that_no_number_knows_is_named(first: str) -> None:
    old, new = pipeline(MODELS), pipeline({**MODELS, "other": ((), ("m/x.bin",))})
    sides = [[gate(each, "m.json", "m"), gate(each, "a.json", "a.bin", model="a")] for each in (old, new)]
    if first == "a":
        sides = [each[::-1] for each in sides]
    assert found(sides[0], sides[1], old, new) == {PART: "finding"}


@pytest.mark.parametrize("first", ["a", "b"])
def test_only_the_model_that_has_more_is_named(first: str) -> None:
    a = {"train-a": (("clean.csv",), ("a.bin",)), "test-a": (("a.bin",), ("a.json",))}
    old, new = pipeline({**READ, **a}), pipeline({**MORE, **a})
    sides = [[gate(each, "m.json", "m"), gate(each, "a.json", "a.bin", model="a")] for each in (old, new)]
    if first == "a":
        sides = [each[::-1] for each in sides]
    findings = measure(sides[0], sides[1], (old, new)).findings
    assert [message_of(each) for each in findings] == [NEW]


def test_each_file_of_a_model_is_compared_by_its_whole_name() -> None:
    more = {**MORE, "train": (("raw.csv",), (*MORE["train"][1], "m/y.bin"))}
    sides = pipeline(MORE), pipeline(more)
    findings = measure([gate(sides[0], "m.json", "m")], [gate(sides[1], "m.json", "m")], sides).findings
    assert [message_of(each) for each in findings] == [NEW.replace("x.bin", "y.bin")]


def test_a_model_that_no_number_read_before_has_nothing_more_now() -> None:
    known = pipeline(MORE)
    assert measure([], [gate(known, "m.json", "m")], (known, known)).findings == ()


@pytest.mark.parametrize(("kind", "names"), [("model", []), ("gate", ["b"])])
def test_a_model_that_another_finding_is_about_is_named_once(kind: str, names: list[str]) -> None:
    other = Finding(code="evidence_weakened", subjects=("b",), text="it changed", kind=kind)  # type: ignore[arg-type]
    for old, new in ((READ, MORE), (FOLDER, {**FOLDER, "other": ((), ("m/x.bin",))})):
        sides = pipeline(old), pipeline(new)
        gates = [[gate(each, "m.json", "m")] for each in sides]
        findings = measure(gates[0], gates[1], sides, [other]).findings
        assert [each.model for each in findings] == names


def test_a_number_that_knows_nothing_of_a_new_model_is_named_once() -> None:
    old = [gate(ONE, "a.json", "a.bin", model="a")]
    new = [gate(BOTH, "a.json", "a.bin", model="a"), gate(BOTH, "a.json", "b.bin")]
    (text,) = found(old, new, ONE, BOTH)
    assert text.endswith(
        "neither that nor a stage before it reads or makes the model `b.bin` (stage train-b)"
    )


def test_a_gate_without_a_number_knows_nothing() -> None:
    none = replace(gate(BOTH, "a.json", "b.bin"), source=None)
    both = [gate(BOTH, "b.json", "b.bin", "x"), none]
    assert found(both, both, BOTH, BOTH) == {}
    assert found([], both, BOTH, BOTH) == {}
