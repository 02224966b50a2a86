"""A parameter is named as new, gone or changed, with values that differ as they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.parameters import parameter_notes
from tests.unit.gates.test_parameters import Values, gates, message, pipeline

ORDERS: tuple[Values, Values] = {"a": 1, "b": 2}, {"b": 2, "a": 1}


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        # in a group that was declared before, a new name with the value of one that is gone is not a rename
        (
            {"eval": {"n": 7}},
            {"eval": {"p": 7}},
            "`params.yaml:eval.n` is gone (stage evaluate), `params.yaml:eval.p` is new: 7 (stage evaluate)",
        ),
        # nor is a second one with the same value
        ({"limit": 7}, {"limit": 7, "most": 7}, "`params.yaml:most` is new: 7 (stage evaluate)"),
        # texts
        ({"mode": "a"}, {"mode": " "}, '`params.yaml:mode` a -> " " (stage evaluate)'),
        ({"mode": ""}, {"mode": "a"}, '`params.yaml:mode` "" -> a (stage evaluate)'),
        ({"mode": "a"}, {"mode": "b" * 50}, f"`params.yaml:mode` a -> {'b' * 39}… (stage evaluate)"),
        # a key that has no values, such as a step
        (
            {"eval": {"strict": {}}},
            {"eval": {"lenient": {}}},
            (
                "`params.yaml:eval.strict` is gone (stage evaluate), "
                "`params.yaml:eval.lenient` is new: {} (stage evaluate)"
            ),
        ),
        (
            {"eval": {"strict": {}}},
            {"eval": {"strict": {}, "lenient": {}}},
            "`params.yaml:eval.lenient` is new: {} (stage evaluate)",
        ),
        ({"eval": {}}, {"eval": {"n": 1}}, "`params.yaml:eval.n` is new: 1 (stage evaluate)"),
        ({"eval": {"n": 1}}, {"eval": {}}, "`params.yaml:eval.n` is gone (stage evaluate)"),
        ({"eval": {"n": {}}}, {"eval": {"n": []}}, "`params.yaml:eval.n` {} -> [] (stage evaluate)"),
        ({"eval": {}}, {"eval": {}}, ""),
    ],
)
def test_a_parameter_is_named_with_its_values(old: Values, new: Values, text: str) -> None:
    assert message(pipeline({"evaluate": old}), pipeline({"evaluate": new})) == text


def test_a_gate_without_a_number_has_no_parameter() -> None:
    sides = pipeline({"evaluate": {"n": 1}}), pipeline({"evaluate": {"n": 2}})
    known, none = gates(sides[1]), [replace(gates(sides[0])[0], source=None)]
    assert parameter_notes(none, known, sides) == ()
    assert parameter_notes(known, none, sides) == ()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "eval"),
        ({"a": {"x": 1, "y": {}}}, {"a": {"y": {}, "x": 1}}, "eval.a"),
        ({"a": [3, {"x": 1, "y": 2}]}, {"a": [3, {"y": 2, "x": 1}]}, "eval.a"),
        # what is new or gone is named by itself
        ({"a": 1, "b": 2}, {"c": 3, "a": 1, "b": 2}, None),
        ({"a": 1, "b": 2, "c": 3}, {"c": 3}, None),
        ({"a": 1, "b": 2, "c": 3}, {"b": 2, "a": 1}, "eval"),
    ],
)
def test_another_order_of_a_declared_group_is_named(old: Values, new: Values, named: str | None) -> None:
    before, after = (pipeline({"evaluate": {"eval": each}}) for each in (old, new))
    text = f"the keys of `params.yaml:{named}` have another order (stage evaluate)"
    assert (text in message(before, after)) is (named is not None)


def test_the_order_of_parameters_that_are_declared_one_by_one_says_nothing() -> None:
    before, after = (pipeline({"evaluate": each}) for each in ORDERS)
    assert message(before, after) == ""


def test_the_order_of_a_group_of_training_says_nothing() -> None:
    before, after = (pipeline({"train": {"t": each}}) for each in ORDERS)
    assert message(before, after) == ""
