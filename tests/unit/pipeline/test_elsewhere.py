"""A stage that the target has elsewhere and that comes before a number now is named; it replaces no input."""

from __future__ import annotations

import pytest

from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.resolved.stage_changes import stage_notes
from mlgit.core.pipeline.origin import origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.unit.pipeline.test_losses import (
    DROPPED,
    MODEL,
    NUMBERS,
    SEVEN,
    TEST_DATA,
    edited,
    evaluate,
    found,
    stage,
)

SAMPLE = stage("sample", "head", "test.csv", "sample.csv")
REPORT = stage("report", "report.py", NUMBERS, "report.html")
CALIBRATE = stage("calibrate", "tune.py", f"test.csv {MODEL}", "better")
COPY = stage("copy", "cp", "sample.csv", "copy.csv")
ITEM = stage("view@b", "head", "test.csv", "b.csv")
TRUNK = (*SEVEN, SAMPLE, REPORT, CALIBRATE, ITEM)

ROWS = evaluate(f"rows.csv {MODEL} src/test.py")


def only(text: str, name: str) -> str:
    return f"{text}, which now has it only through stage {name}"


ATTACKS = {
    "a side stage's data": (
        edited(TRUNK, evaluate(f"sample.csv {MODEL} src/test.py")),
        [only(TEST_DATA, "sample")],
    ),
    "one item of several": (
        edited(TRUNK, evaluate(f"b.csv {MODEL} src/test.py")),
        [only(TEST_DATA, "view@b")],
    ),
    "a side stage with other inputs and outputs": (
        edited(TRUNK, stage("report", "report.py", "test.csv", "rows.csv"), ROWS),
        [only(TEST_DATA, "report")],
    ),
    "a side stage that made nothing": (
        edited(TRUNK, stage("lint", "lint.py", "test.csv", "rows.csv"), ROWS),
        [only(TEST_DATA, "lint")],
    ),
    "a side stage under another name": (
        edited(
            TRUNK,
            stage("part", "head", "test.csv", "sample.csv"),
            evaluate(f"sample.csv {MODEL} src/test.py"),
            without="sample",
        ),
        [only(TEST_DATA, "part")],
    ),
    "a new stage after it": (
        edited(TRUNK, COPY, evaluate(f"copy.csv {MODEL} src/test.py")),
        [only(TEST_DATA, "sample")],
    ),
    "a side stage of the model": (
        edited(TRUNK, evaluate("test.csv better src/test.py")),
        [only(DROPPED.format(MODEL, "evaluate"), "calibrate")],
    ),
    "test data that a side stage makes from the model": (
        edited(TRUNK, evaluate(f"better {MODEL} src/test.py")),
        [only(TEST_DATA, "calibrate")],
    ),
    "the stage of the test data is gone": (
        edited(
            TRUNK,
            stage("sample", "head", "clean.csv", "sample.csv"),
            evaluate(f"sample.csv {MODEL} src/test.py"),
            without="testset view@b calibrate",
        ),
        [TEST_DATA],
    ),
}
LINT = stage("lint", "lint.py", "src/test.py", "")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_input_that_is_read_only_through_a_stage_from_elsewhere_is_lost(name: str) -> None:
    new, expected = ATTACKS[name]
    assert found((*TRUNK, LINT), new) == expected


HONEST = {
    "the same": TRUNK,
    "a side stage in addition": edited(TRUNK, evaluate(f"sample.csv test.csv {MODEL} src/test.py")),
    "a new stage between": edited(TRUNK, stage("rows", "rows.py", "test.csv", "rows.csv"), ROWS),
    "a side stage is gone": edited(TRUNK, without="sample report"),
    "a side stage is renamed": edited(
        TRUNK, stage("part", "head", "test.csv", "sample.csv"), without="sample"
    ),
    "a stage before the number is renamed": edited(
        TRUNK, stage("tests", "head clean.csv", "clean.csv", "test.csv"), without="testset"
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_still_reads_all_inputs_loses_nothing(name: str) -> None:
    assert found((*TRUNK, LINT), HONEST[name]) == []


def notes(old: tuple[Stage, ...], new: tuple[Stage, ...]) -> list[str]:
    before, after = (Pipeline(stages=each) for each in (old, new))
    gates = [
        [
            ResolvedGate(
                gate="g",
                model="m",
                metric="auc",
                source=Source(file=NUMBERS, key="auc", origin=origin_of(NUMBERS, side)),
                path=MODEL,
            )
        ]
        for side in (before, after)
    ]
    return [note.message for note in stage_notes(before, after, (gates[0], gates[1]))]


COMES = "Stage `{}` now comes before a gate's number; it {}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a side stage's data", [COMES.format("sample", "runs `head`")]),
        ("one item of several", [COMES.format("view@b", "runs `head`")]),
        ("a side stage with other inputs and outputs", [COMES.format("report", "runs `report.py`")]),
        ("a side stage that made nothing", [COMES.format("lint", "runs `lint.py`")]),
        ("a side stage under another name", ["Stage `part` is new before a gate's number; it runs `head`"]),
        (
            "a new stage after it",
            [
                "Stage `copy` is new before a gate's number; it runs `cp`",
                COMES.format("sample", "runs `head`"),
            ],
        ),
        ("a side stage of the model", [COMES.format("calibrate", "runs `tune.py`")]),
    ],
)
def test_such_a_stage_is_named_with_its_command(name: str, expected: list[str]) -> None:
    assert notes((*TRUNK, LINT), ATTACKS[name][0]) == expected


def test_a_side_stage_that_also_runs_another_command_is_named_with_both() -> None:
    other = stage("sample", "tail", "test.csv", "sample.csv")
    new = edited(TRUNK, other, evaluate(f"sample.csv test.csv {MODEL} src/test.py"))
    assert notes(TRUNK, new) == [COMES.format("sample", "ran `head`; it now runs `tail`")]


@pytest.mark.parametrize("name", ["the same", "a side stage is gone", "a side stage is renamed"])
def test_a_side_stage_that_stays_one_is_not_named(name: str) -> None:
    assert notes(TRUNK, HONEST[name]) == []


def test_a_stage_of_another_gates_number_is_named_when_it_comes_before_this_one() -> None:
    more = stage("more", "more.py", "test.csv", "more.json")
    old = (*TRUNK, more)
    new = edited(old, evaluate(f"test.csv more.json {MODEL} src/test.py"))
    before, after = (Pipeline(stages=each) for each in (old, new))
    gates = [
        [
            ResolvedGate(
                gate=file,
                model="m",
                metric="auc",
                source=Source(file=file, key="auc", origin=origin_of(file, side)),
            )
            for file in (NUMBERS, "more.json")
        ]
        for side in (before, after)
    ]
    found = [note.message for note in stage_notes(before, after, (gates[0], gates[1]))]
    assert found == [COMES.format("more", "runs `more.py`")]
    assert stage_notes(before, before, (gates[0], gates[0])) == ()


MOVED = "`test.csv` was made by stage `testset`; it is now made by stage `{}`"


@pytest.mark.parametrize("name", ["train", "fit"])
@pytest.mark.parametrize("kept", ["testset", ""])
def test_a_renamed_stage_does_not_hide_that_it_makes_an_input_now(name: str, kept: str) -> None:
    fit = stage(name, "train.py", "clean.csv src/train.py", f"{MODEL} test.csv", "slope")
    testset = stage("testset", "head clean.csv", "clean.csv", "old.csv")
    new = edited(SEVEN, fit, *([testset] if kept else []), without="" if name == "train" else "train")
    new = tuple(each for each in new if kept or each.name != "testset")
    assert notes(SEVEN, new) == [MOVED.format(name)]


def test_a_renamed_stage_that_makes_what_it_made_is_not_named() -> None:
    fit = stage("fit", "train.py", "clean.csv src/train.py", MODEL, "slope")
    fit = fit._replace(outs=(Output(path=MODEL, owner="fit"),))
    assert notes(SEVEN, edited(SEVEN, fit, without="train")) == []
