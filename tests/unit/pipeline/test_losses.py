"""What the stages before a number lost, stage by stage, and which refactorings lose nothing."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import origin_of, weaker
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage

NUMBERS, MODEL = "m.json", "model"


def stage(name: str, cmd: str, deps: str, outs: str, params: str = "") -> Stage:
    """A stage; several paths and parameters are divided by spaces."""
    locked = LockedStage(
        cmd=(cmd,),
        deps={dep: Pointer(md5=f"{len(dep):032x}") for dep in deps.split()},
        params={},
        outs={},
    )
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(cmd,),
        deps=tuple(deps.split()),
        params={"params.yaml": tuple(params.split())} if params else {},
        outs=tuple(Output(path=path, owner=name) for path in outs.split()),
        locked=locked,
    )


PREPARE = stage("prepare", "prepare.py", "raw.csv", "clean.csv")
TESTSET = stage("testset", "head clean.csv", "clean.csv", "test.csv")
TRAIN = stage("train", "train.py", "clean.csv src/train.py", MODEL, "slope")
EVALUATE = stage("evaluate", "test.py", f"test.csv {MODEL} src/test.py", NUMBERS, "limit")
SEVEN = (PREPARE, TESTSET, TRAIN, EVALUATE)
TWO = (
    stage("train", "train.py", "raw.csv src", MODEL, "slope"),
    stage("evaluate", "test.py", f"raw.csv {MODEL} src/test.py", NUMBERS, "slope"),
)


def edited(stages: tuple[Stage, ...], *new: Stage, without: str = "") -> tuple[Stage, ...]:
    """The stages, with these in place of those of the same name or in addition, and without some."""
    named = {each.name: each for each in (*stages, *new)}
    return tuple(each for name, each in named.items() if name not in without.split())


def evaluate(deps: str, params: str = "limit") -> Stage:
    return stage("evaluate", "test.py", deps, NUMBERS, params)


def found(
    old: tuple[Stage, ...], new: tuple[Stage, ...], *tracked: str, model: str | None = MODEL
) -> list[str]:
    outputs = tuple(Output(path=path, owner=f"{path}.dvc") for path in tracked)
    sides = Pipeline(stages=old), Pipeline(stages=new, tracked=outputs)
    before, after = (origin_of(NUMBERS, side) for side in sides)
    there = Places(file=lambda path: path in {"test.csv", "folder/part.csv", "raw.csv"})
    return list(weaker(before, after, now=there, model=model))


DROPPED = "dep {} was dropped from stage {}"
TEST_DATA = DROPPED.format("test.csv", "evaluate")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (TWO, edited(TWO, evaluate(f"{MODEL} src/test.py", "slope")), DROPPED.format("raw.csv", "evaluate")),
        (
            TWO,
            edited(TWO, evaluate(f"easy.csv {MODEL} src/test.py", "slope")),
            DROPPED.format("raw.csv", "evaluate"),
        ),
        (TWO, edited(TWO, evaluate(f"raw.csv {MODEL}", "slope")), DROPPED.format("src/test.py", "evaluate")),
        (
            TWO,
            edited(TWO, evaluate(f"raw.csv {MODEL} src/test.py", "")),
            "param params.yaml:slope was dropped from stage evaluate",
        ),
        (
            SEVEN,
            edited(SEVEN, stage("tests", "printf 1", "", "test.csv"), without="testset"),
            DROPPED.format("clean.csv", "tests"),
        ),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("testset", "head clean.csv", "clean.csv", "old.csv"),
                stage("tests", "printf 1", "", "test.csv"),
            ),
            DROPPED.format("clean.csv", "tests"),
        ),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("testset", "head clean.csv", "clean.csv", "old.csv"),
                stage("tests", "printf 1", "", "test.csv"),
                evaluate(f"test.csv old.csv {MODEL} src/test.py"),
            ),
            "test.csv was made by stage testset; it is now made by stage tests, without dep clean.csv",
        ),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("train", "train.py", "clean.csv src/train.py", f"{MODEL} old.csv", "slope"),
                stage("tests", "printf 1", "clean.csv", "test.csv"),
                stage("evaluate", "test.py", f"old.csv {MODEL} src/test.py", NUMBERS, "limit"),
                without="testset",
            ),
            TEST_DATA,
        ),
        (
            SEVEN,
            edited(SEVEN, without="testset"),
            "test.csv was made by stage testset; it is now made by no stage",
        ),
        (SEVEN, edited(SEVEN, evaluate(f"hand.csv {MODEL} src/test.py"), without="testset"), TEST_DATA),
        (SEVEN, edited(SEVEN, evaluate(f"{MODEL} src/test.py"), without="testset"), TEST_DATA),
        (SEVEN, edited(SEVEN, evaluate(f"{MODEL} src/test.py")), TEST_DATA),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("train", "train.py", "clean.csv src/train.py", f"{MODEL} made.csv", "slope"),
                evaluate(f"made.csv {MODEL} src/test.py"),
                without="testset",
            ),
            TEST_DATA,
        ),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("tests", "printf 1", "", "new.csv"),
                evaluate(f"new.csv {MODEL} src/test.py"),
                without="testset",
            ),
            DROPPED.format("clean.csv", "testset"),
        ),
        (
            SEVEN,
            edited(
                SEVEN,
                stage("card", "cp", MODEL, "card"),
                evaluate("test.csv card src/test.py"),
            ),
            DROPPED.format(MODEL, "evaluate"),
        ),
    ],
    ids=[
        "test data that another stage reads", "by hand in its place", "code that another stage reads",
        "parameter that another stage reads", "renamed and from nothing",
        "another maker, the old one is unread", "another maker next to the old one",
        "another output of the model's stage", "by hand", "another path by hand", "none and its stage",
        "none", "made by the model's stage", "renamed from nothing to another path",
        "a stage between the model and its number",
    ],
)  # fmt: skip
def test_an_input_that_a_stage_lost(
    old: tuple[Stage, ...], new: tuple[Stage, ...], expected: str | None
) -> None:
    assert found(old, new) == ([] if expected is None else [expected])


HONEST = {
    "the same": SEVEN,
    "another order": SEVEN[::-1],
    "more inputs": edited(SEVEN, evaluate(f"test.csv {MODEL} src/test.py more.csv", "limit more")),
    "a folder instead of files": edited(SEVEN, evaluate(f"test.csv {MODEL} src")),
    "a measuring stage split in two": edited(
        SEVEN,
        stage("predict", "predict.py", f"test.csv {MODEL} src/test.py", "answers.csv", "limit"),
        evaluate("answers.csv src/test.py"),
    ),
    "split in two, with the data in both": edited(
        SEVEN,
        stage("predict", "predict.py", f"test.csv {MODEL} src/test.py", "answers.csv"),
        evaluate("answers.csv test.csv src/test.py"),
    ),
    "split in three": edited(
        SEVEN,
        stage("predict", "predict.py", f"test.csv {MODEL}", "answers.csv"),
        stage("score", "score.py", "answers.csv src/test.py", "scores.csv", "limit"),
        evaluate("scores.csv", ""),
    ),
    "a training stage split in two": edited(
        SEVEN,
        stage("features", "features.py", "clean.csv", "features.csv"),
        stage("train", "train.py", "features.csv src/train.py", MODEL, "slope"),
    ),
    "the first half has the name": edited(
        SEVEN,
        stage("prepare", "prepare.py", "raw.csv", "tidy.csv"),
        stage("sort", "sort.py", "tidy.csv", "clean.csv"),
    ),
    "the second half has the name": edited(
        SEVEN,
        stage("tidy", "prepare.py", "raw.csv", "tidy.csv"),
        stage("prepare", "sort.py", "tidy.csv", "clean.csv"),
    ),
    "both halves have new names": edited(
        SEVEN,
        stage("tidy", "tidy.py", "raw.csv", "tidy.csv"),
        stage("sort", "sort.py", "tidy.csv", "clean.csv"),
        without="prepare",
    ),
    "renamed": edited(SEVEN, stage("tests", "head clean.csv", "clean.csv", "test.csv"), without="testset"),
    "renamed with another command": edited(
        SEVEN, stage("tests", "tail clean.csv", "clean.csv", "test.csv"), without="testset"
    ),
    "renamed with its output": edited(
        SEVEN,
        stage("tests", "tail clean.csv", "clean.csv", "tests.csv"),
        evaluate(f"tests.csv {MODEL} src/test.py"),
        without="testset",
    ),
    "a renamed output": edited(
        SEVEN,
        stage("testset", "head clean.csv", "clean.csv", "tests.csv"),
        evaluate(f"tests.csv {MODEL} src/test.py"),
    ),
    "two stages joined": edited(
        SEVEN, stage("prepare", "prepare.py", "raw.csv", "clean.csv test.csv"), without="testset"
    ),
    "joined with the stage after it": edited(
        SEVEN, evaluate(f"clean.csv {MODEL} src/test.py"), without="testset"
    ),
    "joined with both stages after it": edited(
        SEVEN,
        stage("testset", "head raw.csv", "raw.csv", "test.csv"),
        stage("train", "train.py", "raw.csv src/train.py", MODEL, "slope"),
        without="prepare",
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_refactoring_that_keeps_all_inputs_loses_nothing(name: str) -> None:
    assert found(SEVEN, HONEST[name]) == []


@pytest.mark.parametrize("folder", ["test.csv", "folder"])
def test_what_a_dvc_file_or_a_person_has_in_place_of_a_stage_is_named(folder: str) -> None:
    part = "test.csv" if folder == "test.csv" else "folder/part.csv"
    old = edited(
        SEVEN,
        stage("testset", "head clean.csv", "clean.csv", part),
        evaluate(f"{folder} {MODEL} src/test.py"),
    )
    new = edited(old, without="testset")
    was = f"{part} was made by stage testset; it is now"
    assert found(old, new) == [f"{was} made by no stage"]
    assert found(old, new, part) == [f"{was} tracked by {part}.dvc"]


EU = stage("part@eu", "part.py eu", MODEL, "parts/eu.json")
US = stage("part@us", "part.py us", MODEL, "parts/us.json")
MOVED = stage("part@us", "part.py us", MODEL, "us.json")
BOTH = stage("part", "part.py", MODEL, "parts/eu.json parts/us.json")
PARTS = (TRAIN, EU, US, stage("evaluate", "mean.py", "parts", NUMBERS))
ONE = (TRAIN, BOTH, PARTS[-1])
GONE = "{} was made by stage {}; it is now gone from parts"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PARTS, edited(PARTS, without="part@us"), GONE.format("parts/us.json", "part@us")),
        (
            ONE,
            edited(ONE, stage("part", "part.py", MODEL, "parts/eu.json")),
            GONE.format("parts/us.json", "part"),
        ),
        # the output moves out of the folder, also to where the stage after it reads it
        (PARTS, edited(PARTS, MOVED), GONE.format("parts/us.json", "part@us")),
        (
            PARTS,
            edited(
                PARTS,
                MOVED,
                stage("evaluate", "mean.py", "parts us.json", NUMBERS),
            ),
            None,
        ),
        # another stage, another output or the whole folder in its place
        (
            PARTS,
            edited(PARTS, stage("part@uk", "part.py uk", MODEL, "parts/uk.json"), without="part@us"),
            None,
        ),
        (PARTS, edited(PARTS, US._replace(outs=(Output(path="parts/x.json", owner="part@us"),))), None),
        (PARTS, edited(PARTS, stage("part", "part.py", MODEL, "parts"), without="part@us part@eu"), None),
        (PARTS, (TRAIN, BOTH, PARTS[-1]), None),
        (ONE, PARTS, None),
        # one in the place of two
        (
            PARTS,
            (TRAIN, stage("part@uk", "part.py uk", MODEL, "parts/uk.json"), PARTS[-1]),
            GONE.format("parts/us.json", "part@us"),
        ),
        # nothing more than the order
        (PARTS, PARTS[::-1], None),
    ],
)
def test_what_a_stage_made_in_a_folder_that_is_still_read(
    old: tuple[Stage, ...], new: tuple[Stage, ...], expected: str | None
) -> None:
    assert found(old, new) == ([] if expected is None else [expected])


def test_a_maker_with_fewer_parameters_is_named() -> None:
    old = edited(
        SEVEN,
        stage("testset", "head", "clean.csv", "test.csv", "rows"),
        stage("tune", "tune.py", "clean.csv", "tuned", "rows"),
        evaluate(f"test.csv tuned {MODEL} src/test.py"),
    )
    lost = "param params.yaml:rows was dropped from stage {}"
    gone = edited(old, stage("tests", "tail", "clean.csv", "test.csv"), without="testset")
    assert found(old, gone) == [lost.format("tests")]
    other = edited(
        old,
        stage("testset", "head", "clean.csv", "old.csv", "rows"),
        stage("tests", "tail", "clean.csv", "test.csv"),
        evaluate(f"test.csv old.csv tuned {MODEL} src/test.py"),
    )
    was = "test.csv was made by stage testset; it is now made by stage tests"
    assert found(old, other) == [f"{was}, without param params.yaml:rows"]
    inlined = edited(old, evaluate(f"clean.csv tuned {MODEL} src/test.py"), without="testset")
    assert found(old, inlined) == [TEST_DATA]


def test_a_renamed_input_must_be_read_by_each_stage_that_read_it() -> None:
    old = tuple(each._replace(deps=tuple(each.deps)) for each in TWO)
    names = {"train": "new.csv src", "evaluate": f"new.csv {MODEL} src/test.py"}
    new = tuple(renamed(each, names[each.name]) for each in old)

    def texts(*stages: Stage) -> list[str]:
        before, after = (origin_of(NUMBERS, Pipeline(stages=side)) for side in (old, stages))
        return list(weaker(before, after, model=MODEL))

    assert texts(*new) == []
    assert texts(new[0], renamed(old[1], f"{MODEL} src/test.py")) == [DROPPED.format("raw.csv", "evaluate")]


def renamed(each: Stage, deps: str) -> Stage:
    """The stage with other dependencies; `new.csv` has the content of `raw.csv`."""
    found = stage(each.name, each.cmd[0], deps, each.outs[0].path, "slope")
    assert found.locked is not None
    same = {"new.csv": Pointer(md5=f"{len('raw.csv'):032x}")}
    return found._replace(locked=found.locked._replace(deps={**found.locked.deps, **same}))


def test_a_stage_between_a_model_and_its_number_counts_only_with_the_models_path() -> None:
    new = edited(SEVEN, stage("card", "cp", MODEL, "card"), evaluate("test.csv card src/test.py"))
    assert found(SEVEN, new, model=None) == []
    assert found(SEVEN, new) == [DROPPED.format(MODEL, "evaluate")]
