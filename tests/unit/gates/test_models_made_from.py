"""A model that is made from the one before, by a stage that reads it, and stages that are renamed with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.resolved.model_origins import ModelOrigin, compare_origins, model_origin
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.unit.gates.test_model_origins import MODEL, codes, places_of, stage

NEW = "models/m.onnx"
RAW = ("raw.csv",)


def made(path: str, *stages: Stage) -> ModelOrigin:
    return model_origin("m", path, Pipeline(stages=stages), [])


def train(*deps: str, out: str = MODEL, name: str = "train") -> Stage:
    return stage(name, "run", deps=deps, outs=(out,))


def export(*deps: str, out: str = NEW, name: str = "export") -> Stage:
    return stage(name, "python export.py", deps=deps, outs=(out,))


PATH, LESS = "gate_repointed", "evidence_weakened"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([train(*RAW)], [train(*RAW), export(MODEL)], [PATH]),
        (
            [stage("clean", "c", deps=RAW, outs=("clean.csv",)), train("clean.csv")],
            [stage("clean", "c", deps=RAW, outs=("clean.csv",)), train("clean.csv"), export(MODEL)],
            [PATH],
        ),
        # its name does not matter
        ([train(*RAW)], [train(*RAW), export(MODEL, name="z")], [PATH]),
        # the model before is made from less now
        ([train(*RAW, "more.csv")], [train(*RAW), export(MODEL)], [PATH, LESS]),
        # something else that the stage of the model before makes is read
        (
            [train(*RAW)],
            [
                train(*RAW)._replace(
                    outs=(Output(path=MODEL, owner="train"), Output(path="x", owner="train"))
                ),
                export("x"),
            ],
            [PATH, LESS],
        ),
        # another stage makes what was the model before
        ([train(*RAW)], [stage("other", "echo", deps=RAW, outs=(MODEL,)), export(MODEL)], [PATH, LESS]),
        # the stage of the model before exports it now, and reads less
        (
            [train(*RAW, "more.csv")],
            [stage("first", "echo", deps=RAW, outs=(MODEL,)), train(MODEL, out=NEW)],
            [PATH, LESS],
        ),
    ],
)
def test_a_model_that_is_made_from_the_one_before(
    old: list[Stage], new: list[Stage], found: list[str]
) -> None:
    assert codes(made(MODEL, *old), made(NEW, *new)) == found


def parts(*names: str, script: str = "train") -> ModelOrigin:
    """A model of which each of these stages makes a part; `fit` runs a script."""
    commands = {"fit": f"python src/{script}.py", "train": f"python src/{script}.py"}
    return made(
        "models",
        *(
            stage(name, commands.get(name, "scale"), deps=(f"src/{script}.py",), outs=(f"models/{number}",))
            for number, name in enumerate(names)
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (("scale", "train"), ("scale", "fit"), []),
        (("train", "scale"), ("fit", "scale"), []),
        (("scale", "train"), ("scale", "train"), []),
        (("scale", "train"), ("scale", "train", "fit"), [LESS]),
        (("scale", "train", "fit"), ("scale", "train"), [LESS]),
    ],
)
def test_the_only_stage_that_is_not_the_same_may_be_renamed(
    old: tuple[str, ...], new: tuple[str, ...], found: list[str]
) -> None:
    places = places_of(src__train=b"a"), places_of(src__fit=b"a")
    sides = parts(*old), parts(*new, script="fit")
    assert [each.code for each in compare_origins([sides[0]], [sides[1]], places=places)] == found


def test_stages_that_run_the_same_are_the_same_under_other_names() -> None:
    old = parts("train", "scale")
    new = parts("fit", "scale")
    renamed = replace(
        new,
        makers=tuple(replace(each, run=one.run) for each, one in zip(new.makers, old.makers, strict=True)),
    )
    assert codes(old, renamed) == []
    two = [
        made("models", *(stage(name, cmd, deps=RAW, outs=(f"models/{cmd}",)) for name, cmd in names))
        for names in ((("a", "x"), ("b", "y")), (("c", "x"), ("d", "y")))
    ]
    assert codes(two[0], two[1]) == []
