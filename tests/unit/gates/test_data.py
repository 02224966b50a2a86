"""Numbers of other data than the target's are named, and so is other data by another owner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import HAND, link_of, origin_of
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Pointer, Stage

MODEL = "m.bin"


def stage(name: str, deps: dict[str, str], out: str) -> Stage:
    """A stage whose last run read contents that these letters name."""
    locked = LockedStage(
        cmd=(name,), deps={dep: Pointer(md5=text * 32) for dep, text in deps.items()}, params={}, outs={}
    )
    made = Output(path=out, owner=name)
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=(*deps,),
        outs=(made,),
        locked=locked,
    )


def pipeline(tracked: tuple[Output, ...] = (), **contents: str) -> Pipeline:
    """Training data, test data that a stage prepares, other test data and code, of content `a` otherwise."""
    known = {"train": "a", "raw": "a", "more": "a", "code": "a", "conf": "a"} | contents
    return Pipeline(
        stages=(
            stage("train", {"train.csv": known["train"]}, MODEL),
            stage("testset", {"raw.csv": known["raw"], "src/testset.py": known["code"]}, "test.csv"),
            stage(
                "evaluate",
                {
                    MODEL: known["train"],
                    "test.csv": known["raw"],
                    "more": known["more"],
                    "set.json": known["conf"],
                    "src/test.py": known["code"],
                },
                "m.json",
            ),
        ),
        tracked=tracked,
    )


def gates(known: Pipeline, path: str | None = MODEL) -> list[ResolvedGate]:
    origin = origin_of("m.json", known)
    source = Source(file="m.json", key="auc", origin=origin, link=link_of(path, origin, known))
    return [
        ResolvedGate(gate="g", model="m", metric="auc", path=path, source=source),
        ResolvedGate(gate="hand", model="m", metric="auc", path=path, source=replace(source, origin=HAND)),
        ResolvedGate(gate="none", model="m", metric="auc", path=path),
    ]


def messages(old: Pipeline, new: Pipeline, path: str | None = MODEL) -> list[str]:
    found = compare_data(gates(old, path), gates(new, path), (old, new)).notes
    assert {(each.code, each.effect) for each in found} <= {("data_changed", "note")}
    return [each.message for each in found]


@pytest.mark.parametrize(
    ("contents", "names"),
    [
        ({}, ""),
        ({"train": "b"}, ""),
        ({"code": "b"}, ""),
        ({"raw": "b"}, "`raw.csv` changed"),
        ({"more": "b", "train": "b"}, "`more` changed"),
        ({"conf": "b"}, "`set.json` changed"),
        ({"raw": "b", "more": "b"}, "`more` changed, `raw.csv` changed"),
    ],
)
def test_other_content_of_what_a_model_is_measured_on_is_named(contents: dict[str, str], names: str) -> None:
    found = messages(pipeline(), pipeline((), **contents))
    assert found == ([f"The numbers were computed on different data: {names}"] if names else [])


def test_without_the_path_of_a_model_all_data_counts() -> None:
    text = "The numbers were computed on different data: `train.csv` changed"
    assert messages(pipeline(), pipeline(train="b"), path=None) == [text]


def test_a_new_gate_has_no_data_to_compare_with() -> None:
    sides = pipeline(), pipeline(raw="b")
    assert compare_data([], gates(sides[1]), sides).notes == ()


TRACKED = Output(path="raw.csv", owner="raw.csv.dvc", pointer=Pointer(md5="a" * 32))
CODE = Output(path="src", owner="src.dvc", pointer=Pointer(md5="a" * 32))


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ((), (), None),
        ((TRACKED,), (TRACKED,), None),
        ((TRACKED,), (), "`raw.csv` was tracked by `raw.csv.dvc`; it is now a file in Git"),
        ((), (TRACKED,), "`raw.csv` was a file in Git; it is now tracked by `raw.csv.dvc`"),
        (
            (TRACKED,),
            (TRACKED._replace(source="https://e.org/x"),),
            "`raw.csv` was tracked by `raw.csv.dvc`; it is now imported by `raw.csv.dvc`",
        ),
    ],
)
def test_another_owner_of_the_data_is_named(
    old: tuple[Output, ...], new: tuple[Output, ...], text: str | None
) -> None:
    assert messages(pipeline(old), pipeline(new)) == ([] if text is None else [text])


def test_code_that_dvc_tracks_is_data() -> None:
    text = "The numbers were computed on different data: `src/test.py` changed, `src/testset.py` changed"
    assert messages(pipeline((CODE,)), pipeline((CODE,), code="b")) == [text]
