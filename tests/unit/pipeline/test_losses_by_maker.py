"""What stages made is lost, replaced or made without an input, by who made it and who makes it now."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import origin_of, weaker
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Stage
from tests.unit.pipeline.test_losses import EVALUATE, MODEL, NUMBERS, SEVEN, edited, evaluate, found, stage

TRAIN = stage("train", "train.py", "raw.csv x.csv", MODEL)
PARTS = stage("parts", "parts.py", "raw.csv", "folder/part.csv folder/more.csv")
OF_FOLDER = evaluate(f"folder {MODEL}")


def last(deps: str) -> Stage:
    return evaluate(deps, "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # a stage that makes less than before of the same, next to what is read as well
        (
            (
                stage("prepare", "p", "raw.csv", "clean.csv test.csv"),
                TRAIN,
                last(f"clean.csv test.csv {MODEL}"),
            ),
            (stage("prepare", "p", "raw.csv", "clean.csv"), TRAIN, last(f"clean.csv {MODEL}")),
            ["dep test.csv was dropped from stage evaluate"],
        ),
        # what was made with the model and is made in the next stage now
        (
            (stage("train", "t", "raw.csv", f"{MODEL} pred.csv"), last(f"pred.csv {MODEL}")),
            (stage("train", "t", "raw.csv", MODEL), last(MODEL)),
            [],
        ),
        # what the next stage does itself now, while the stage makes something else
        (
            (TRAIN, stage("testset", "t", "raw.csv", "test.csv"), last(f"test.csv {MODEL}")),
            (TRAIN, stage("testset", "t", "raw.csv", "other.csv"), last(f"raw.csv {MODEL}")),
            [],
        ),
        # made of nothing, so that nothing else has it
        (
            (TRAIN, stage("fetch", "f", "", "test.csv"), last(f"test.csv {MODEL}")),
            (TRAIN, last(MODEL)),
            ["dep test.csv was dropped from stage evaluate"],
        ),
        # a number that only read the model may read what another stage predicts with it
        (
            (TRAIN, last(MODEL)),
            (TRAIN, stage("predict", "p", MODEL, "pred.csv"), last("pred.csv")),
            [],
        ),
        # declared, but neither made nor there
        (
            (TRAIN, stage("fetch", "f", "raw.csv", "far.csv"), last(f"far.csv {MODEL}")),
            (TRAIN, last(f"far.csv {MODEL}")),
            ["far.csv was made by stage fetch; it is now made by no stage"],
        ),
        # in a folder: a new stage, or another output of the same one, takes its place if it is read
        (
            (TRAIN, PARTS, OF_FOLDER),
            (TRAIN, stage("parts", "p", "raw.csv", "folder/part.csv far.csv"), OF_FOLDER),
            ["folder/more.csv was made by stage parts; it is now gone from folder"],
        ),
        (
            (TRAIN, PARTS, OF_FOLDER),
            (TRAIN, stage("parts", "p", "raw.csv", "folder/part.csv folder/new.csv"), OF_FOLDER),
            [],
        ),
        (
            (TRAIN, PARTS, OF_FOLDER),
            (
                TRAIN,
                stage("parts", "p", "raw.csv", "folder/part.csv"),
                stage("more", "m", "raw.csv", "far.csv"),
                evaluate(f"folder far.csv {MODEL}"),
            ),
            ["folder/more.csv was made by stage parts; it is now gone from folder"],
        ),
        # another stage makes the folder, without an input that only another one still reads
        (
            (TRAIN, stage("part", "p", "raw.csv x.csv", "folder/part.csv"), OF_FOLDER),
            (TRAIN, stage("whole", "w", "raw.csv", "folder"), OF_FOLDER),
            ["folder/part.csv was made by stage part; it is now made by stage whole, without dep x.csv"],
        ),
        (
            (TRAIN, stage("part", "p", "raw.csv x.csv", "folder/part.csv"), OF_FOLDER),
            (TRAIN, stage("whole", "w", "raw.csv x.csv", "folder"), OF_FOLDER),
            [],
        ),
    ],
)
def test_what_stages_made(old: tuple[Stage, ...], new: tuple[Stage, ...], expected: list[str]) -> None:
    assert found(old, new) == expected


def test_a_parameter_that_no_stage_has_any_more_is_named_once() -> None:
    new = edited(SEVEN, evaluate(" ".join(EVALUATE.deps), ""))
    assert found(SEVEN, new) == ["param params.yaml:limit was dropped"]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [("evaluate", []), ("train", ["param params.yaml:limit was dropped from stage evaluate"])],
)
def test_a_renamed_parameter_must_be_one_of_the_stage_that_had_it(owner: str, expected: list[str]) -> None:
    def side(name: str, has: str) -> tuple[Stage, ...]:
        locked = LockedStage(cmd=("x",), deps={}, params={"params.yaml": {name: 7}}, outs={})
        return tuple(
            each._replace(params={"params.yaml": (name,)}, locked=locked)
            if each.name == has
            else each._replace(params={})
            for each in SEVEN
        )

    assert found(side("limit", "evaluate"), side("most", owner)) == expected


def test_what_a_dvc_file_tracks_in_a_folder_is_made_by_no_stage() -> None:
    tracked = (Output(path="folder/rows.csv", owner="folder/rows.csv.dvc"),)
    old = Pipeline(stages=(TRAIN, PARTS, OF_FOLDER), tracked=tracked)
    new = Pipeline(stages=(TRAIN, PARTS, evaluate(f"folder {MODEL} y.csv")))
    before, after = origin_of(NUMBERS, old), origin_of(NUMBERS, new)
    assert weaker(before, after, now=Places(), model=MODEL) == ()
