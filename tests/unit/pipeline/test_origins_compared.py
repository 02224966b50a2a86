"""Origins of numbers next to each other: what is renamed, added, frozen or reported by another finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.pipeline.chain.readers import Reader
from mlgit.core.pipeline.inputs import EMPTY, Recorded
from mlgit.core.pipeline.origin import (
    HAND,
    NumbersOrigin,
    added_inputs,
    is_renamed_stage,
    joined_origin,
    link_of,
    origin_of,
    renamed_inputs,
    weaker,
)
from mlgit.core.pipeline.stages import Output, Pipeline
from tests.unit.pipeline.test_losses import MODEL, SEVEN, edited, evaluate
from tests.unit.pipeline.test_origin import IMPORTED, MADE

READER = Reader(address="test", run=(".", "python a.py"), deps=("a.py",))
TEST = NumbersOrigin(
    kind="stage",
    name="test",
    deps=("a.py",),
    readers=(READER,),
    recorded=Recorded(hashes={"a.py": "1"}),
    stages=frozenset({"test"}),
)
SCORE = replace(
    TEST,
    name="score",
    deps=("b.py",),
    readers=(Reader(address="score", run=(".", "python b.py"), deps=("b.py",)),),
    recorded=Recorded(hashes={"b.py": "1"}),
    stages=frozenset({"score"}),
)
OTHER = Reader(address="other", run=(".", "echo"), deps=())


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (TEST, SCORE, True),
        (replace(TEST, readers=(OTHER, READER)), replace(SCORE, readers=(OTHER, *SCORE.readers)), True),
        # the old one is still there, or the new one was
        (TEST, replace(SCORE, stages=frozenset({"test", "score"})), False),
        (replace(TEST, stages=frozenset({"test", "score"})), SCORE, False),
        (replace(TEST, readers=()), SCORE, False),
        (TEST, replace(SCORE, readers=()), False),
        (HAND, SCORE, False),
    ],
)
def test_a_stage_is_renamed_if_one_is_gone_and_one_is_new(
    old: NumbersOrigin, new: NumbersOrigin, *, same: bool
) -> None:
    assert is_renamed_stage(old, new, (EMPTY, EMPTY)) is same


def test_an_input_moves_only_to_one_that_was_not_read() -> None:
    assert renamed_inputs(TEST, SCORE) == {"a.py": "b.py"}
    both = replace(TEST, deps=("a.py", "b.py"), recorded=Recorded(hashes={"a.py": "1", "b.py": "1"}))
    assert renamed_inputs(both, SCORE) == {}
    assert renamed_inputs(TEST, HAND) == renamed_inputs(HAND, TEST) == {}


def test_what_is_added_was_not_there() -> None:
    old = replace(TEST, deps=("a.py", "b.py"), params=("p:x",))
    new = replace(TEST, deps=("b.py", "c.py"), params=("p:x", "p:y"))
    assert added_inputs(old, new) == ("c.py", "p:y")


def test_joined_origins_have_the_inputs_of_all_stages() -> None:
    found = joined_origin([IMPORTED, TEST, HAND, SCORE, IMPORTED])
    assert found is not None
    assert (found.name, found.deps) == ("test", ("a.py", "b.py"))
    assert joined_origin([IMPORTED, HAND]) is None


def test_what_was_recorded_is_not_another_origin() -> None:
    assert replace(TEST, recorded=Recorded(), readers=(), owners={"a": "b"}, stages=frozenset()) == TEST
    assert replace(TEST, deps=()) != TEST


@pytest.mark.parametrize(
    ("origin", "link"),
    [(TEST, "none"), (IMPORTED, "none"), (HAND, "none"), (replace(MADE, name="evaluate"), "reads")],
)
def test_only_stages_know_a_model(origin: NumbersOrigin, link: str) -> None:
    tracked = (Output(path="m.json", owner="m.json.dvc"),)
    assert link_of(MODEL, origin, Pipeline(stages=SEVEN, tracked=tracked)) == link


@pytest.mark.parametrize(
    ("reported", "lost"), [(None, True), ("test.csv", False), ("other.csv", True), ("test.csv/part", False)]
)
def test_a_loss_that_another_finding_is_about_is_named_once(reported: str | None, *, lost: bool) -> None:
    new = edited(SEVEN, evaluate(f"clean.csv {MODEL} src/test.py"))
    sides = [origin_of("m.json", Pipeline(stages=each)) for each in (SEVEN, new)]
    found = weaker(sides[0], sides[1], model=MODEL, reported=reported)
    assert bool(found) is lost


def test_a_frozen_stage_is_known_by_its_own_command() -> None:
    one, two = (Reader(address=name, run=(".", name), deps=()) for name in ("one", "two"))
    old = replace(TEST, readers=(one, two), frozen=("one",))
    renamed = replace(one, address="first")
    assert weaker(old, replace(TEST, readers=(renamed, two), frozen=("first",))) == ()
    text = ("stage two is frozen now",)
    assert weaker(old, replace(TEST, readers=(one, two), frozen=("one", "two"))) == text
    assert weaker(old, replace(TEST, readers=(renamed, two), frozen=("first", "two"))) == text
