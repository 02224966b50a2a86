"""An input that no stage made and one makes now: with the same content nothing is lost, and it is named."""

from __future__ import annotations

import pytest

from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.gates.resolved.stage_changes import stage_notes
from mlgit.core.pipeline.origin import origin_of, weaker
from mlgit.core.pipeline.stages import Output, Pipeline, Pointer, Stage
from tests.unit.pipeline.test_losses import DROPPED, MODEL, NUMBERS, TWO, edited, evaluate, stage

DOWNLOAD = stage("download", "wget", "sources.txt", "raw.csv")
LATER = {"raw.csv": Pointer(md5="f" * 32)}


def other(*stages: Stage) -> tuple[Stage, ...]:
    """The stages, whose last run read other content in `raw.csv`."""
    found = []
    for each in stages:
        assert each.locked is not None
        deps = {dep: LATER.get(dep, pointer) for dep, pointer in each.locked.deps.items()}
        found.append(each._replace(locked=each.locked._replace(deps=deps)))
    return tuple(found)


def side(stages: tuple[Stage, ...], tracked: str = "") -> Pipeline:
    return Pipeline(
        stages=stages, tracked=tuple(Output(path=path, owner=f"{path}.dvc") for path in tracked.split())
    )


BEFORE = side(TWO, "raw.csv")
WITH = (DOWNLOAD, *TWO)
TRAIN = stage("train", "train.py", "raw.csv src", MODEL, "slope")
MAKES = stage("train", "train.py", "other.csv src", f"{MODEL} raw.csv", "slope")
NEWER = stage("fetch", "wget", "x", "new.csv")
NOW = "raw.csv was {}; it is now made by stage {}"
TRACKED = "tracked by raw.csv.dvc"
LOST = DROPPED.format("raw.csv", "evaluate")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (BEFORE, WITH, []),
        (side(TWO), WITH, []),
        (BEFORE, other(*WITH), [NOW.format(TRACKED, "download")]),
        (side(TWO), other(*WITH), [NOW.format("made by no stage", "download")]),
        (BEFORE, edited(WITH, evaluate(f"{MODEL} src/test.py", "slope")), [LOST]),
        (BEFORE, edited(WITH, evaluate(f"easy.csv {MODEL} src/test.py", "slope")), [LOST]),
        (BEFORE, other(*edited(TWO, MAKES)), [NOW.format(TRACKED, "train")]),
        (
            BEFORE,
            edited(TWO, NEWER, evaluate(f"new.csv {MODEL} src/test.py", "slope")),
            [LOST],
        ),
    ],
    ids=[
        "the same content", "the same content as of Git", "other content", "other content than Git's",
        "the measuring stage reads it no more", "it reads another file", "the model's stage makes it",
        "a stage makes another file",
    ],
)  # fmt: skip
def test_an_input_that_a_stage_makes_now(old: Pipeline, new: tuple[Stage, ...], expected: list[str]) -> None:
    before, after = (origin_of(NUMBERS, each) for each in (old, side(new)))
    assert sorted(weaker(before, after, model=MODEL)) == sorted(expected)


def notes(old: Pipeline, new: Pipeline) -> list[str]:
    gates = [
        [
            ResolvedGate(
                gate="g",
                model="m",
                metric="auc",
                source=Source(file=NUMBERS, key="auc", origin=origin_of(NUMBERS, each)),
            )
        ]
        for each in (old, new)
    ]
    return [each.message for each in stage_notes(old, new, (gates[0], gates[1]))]


QUOTED = "`raw.csv` was {}; it is now made by stage `{}`"


def test_who_makes_an_input_now_is_named_also_with_the_same_content() -> None:
    new = "Stage `download` is new before a gate's number; it runs `wget`"
    assert notes(BEFORE, side(WITH)) == [new, QUOTED.format("tracked by `raw.csv.dvc`", "download")]
    assert notes(side(TWO), side(WITH)) == [new, QUOTED.format("made by no stage", "download")]
    makes = side(edited(TWO, MAKES))
    assert notes(BEFORE, makes) == [QUOTED.format("tracked by `raw.csv.dvc`", "train")]
    assert notes(side(WITH), side(WITH)) == []


def test_another_output_in_a_folder_that_is_read_was_not_there() -> None:
    old = edited(TWO, evaluate(f"raw.csv folder {MODEL} src/test.py", "slope"))
    more = edited(old, stage("train", "train.py", "raw.csv src", f"{MODEL} folder/more.csv", "slope"))
    assert notes(side(old), side(more)) == []
