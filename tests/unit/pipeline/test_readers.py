"""Which stage of a change is one that was there, which is new, and what comes before it."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.chain.readers import Chain, Reader, before, counterparts
from tests.unit.pipeline.test_losses import MODEL, evaluate, found, stage


def reader(name: str, run: str = "", outs: str = "", deps: str = "") -> Reader:
    return Reader(
        address=name, run=(".", run or f"run {name}"), outs=tuple(outs.split()), deps=tuple(deps.split())
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([reader("a")], [reader("b"), reader("a")], {"a": "a"}),
        # the name goes before the command, the command before the output, the first of several first
        ([reader("a", "x")], [reader("b", "x"), reader("a", "y")], {"a": "a"}),
        ([reader("a", "x", "o")], [reader("b", "y", "o"), reader("c", "x", "p")], {"a": "c"}),
        ([reader("a", "x")], [reader("b", "x"), reader("c", "x")], {"a": "b"}),
        ([reader("a", "x", "o")], [reader("b", "y", "o"), reader("c", "z", "p")], {"a": "b"}),
        ([reader("a", "x", "o")], [reader("b", "y", "p")], {}),
    ],
)
def test_which_stage_another_one_is_now(
    old: list[Reader], new: list[Reader], expected: dict[str, str]
) -> None:
    pairs = counterparts(Chain(readers=tuple(old)), Chain(readers=tuple(new)))
    assert {name: each.address for name, each in pairs.items()} == expected


def test_what_makes_the_number_is_what_made_it() -> None:
    old = Chain(readers=(reader("train"), reader("test", outs="m.json")), last="test")
    new = Chain(readers=(reader("fit"), reader("score", outs="n.json")), last="score")
    assert {name: each.address for name, each in counterparts(old, new).items()} == {"test": "score"}


def test_stages_in_a_circle_come_once() -> None:
    a, b = reader("a", outs="a.csv", deps="b.csv"), reader("b", outs="b.csv", deps="a.csv")
    assert before(a, [a, b]) == [a, b]


def test_a_new_stage_that_makes_the_folder_of_another_one_is_not_from_elsewhere() -> None:
    train = stage("train", "train.py", "raw.csv", MODEL)
    old = (train, stage("part", "p", "raw.csv", "folder/part.csv"), evaluate(f"folder y.csv {MODEL}"))
    new = (train, stage("whole", "w", "raw.csv y.csv", "folder"), evaluate(f"folder {MODEL}"))
    assert found(old, new) == []
