"""What makes a metric file, and which changes of that prove less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.pipeline.origin import HAND, NumbersOrigin, origin_of, weaker
from mlgit.core.pipeline.stages import Output, Pipeline, Stage


def stage(name: str, deps: tuple[str, ...], outs: tuple[str, ...], *, frozen: bool = False) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=("run",),
        deps=deps,
        params={"params.yaml": (f"{name}.seed",), f"{name}.yaml": None},
        outs=tuple(Output(path=path, owner=name) for path in outs),
        frozen=frozen,
    )


PIPELINE = Pipeline(
    stages=(
        stage("other", ("other.csv",), ("other.bin",)),
        stage("train", ("raw.csv", "src"), ("model", "metrics/train"), frozen=True),
        stage("test", ("model/weights.bin", "test.csv"), ("metrics/test.json",)),
    ),
    tracked=(Output(path="metrics/given.json", owner="metrics/given.json.dvc"),),
)
PARAMS = ("params.yaml:test.seed", "params.yaml:train.seed", "test.yaml:", "train.yaml:")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "metrics/test.json",
            NumbersOrigin(
                kind="stage",
                name="test",
                deps=("raw.csv", "src", "test.csv"),
                params=PARAMS,
                frozen=("train",),
            ),
        ),
        (
            "metrics/train/a.json",
            NumbersOrigin(
                kind="stage",
                name="train",
                deps=("raw.csv", "src"),
                params=("params.yaml:train.seed", "train.yaml:"),
                frozen=("train",),
            ),
        ),
        ("metrics/given.json", NumbersOrigin(kind="import", name="metrics/given.json.dvc")),
        ("metrics/hand.json", HAND),
    ],
)
def test_the_origin_of_a_file(path: str, expected: NumbersOrigin) -> None:
    assert origin_of(path, PIPELINE) == expected


MADE = NumbersOrigin(
    kind="stage",
    name="test",
    deps=("data/raw.csv", "src/train.py"),
    params=("params.yaml:", "params.yaml:lr.max", "more.yaml:seed"),
)
IMPORTED = NumbersOrigin(kind="import", name="m.json.dvc")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (MADE, ()),
        (replace(MADE, name="evaluate"), ()),
        (replace(MADE, deps=("data", "src/train.py", "more.csv")), ()),
        (replace(MADE, params=("params.yaml:", "more.yaml:")), ()),
        (replace(MADE, params=("params.yaml:", "params.yaml:lr", "more.yaml:seed")), ()),
        (replace(MADE, deps=("src/train.py",)), ("dep data/raw.csv was dropped",)),
        (replace(MADE, deps=("data/raw.csv", "src/train")), ("dep src/train.py was dropped",)),
        (replace(MADE, params=("params.yaml:",)), ("param more.yaml:seed was dropped",)),
        (
            replace(MADE, params=("params.yaml:lr", "more.yaml:seed")),
            ("param params.yaml: was dropped",),
        ),
        (replace(MADE, frozen=("train",)), ("stage train is frozen now",)),
        (HAND, ("stage test made it, and now it is made by no stage",)),
        (IMPORTED, ("stage test made it, and now it is tracked by m.json.dvc",)),
    ],
)
def test_an_origin_that_proves_less(new: NumbersOrigin, expected: tuple[str, ...]) -> None:
    assert weaker(MADE, new) == expected


@pytest.mark.parametrize("old", [HAND, IMPORTED])
@pytest.mark.parametrize("new", [HAND, IMPORTED, MADE])
def test_an_origin_that_proved_nothing_cannot_prove_less(old: NumbersOrigin, new: NumbersOrigin) -> None:
    assert weaker(old, new) == ()


def test_a_stage_that_was_frozen_before_is_not_frozen_now() -> None:
    assert weaker(replace(MADE, frozen=("train",)), replace(MADE, frozen=("train",))) == ()
