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


@pytest.mark.parametrize(("cmd", "expected"), [("run", ()), ("other", ("stage fit is frozen now",))])
def test_a_frozen_stage_may_be_renamed(cmd: str, expected: tuple[str, ...]) -> None:
    old = Pipeline(stages=(stage("train", ("raw.csv",), ("m.json",), frozen=True),))
    fit = stage("fit", ("raw.csv",), ("m.json",), frozen=True)
    new = Pipeline(stages=(fit._replace(cmd=(cmd,)),))
    found = weaker(origin_of("m.json", old), origin_of("m.json", new))
    assert tuple(text for text in found if not text.startswith("param ")) == expected


PREPARE = stage("prepare", ("raw.csv",), ("data", "test.csv"))
TRAIN = stage("train", ("data",), ("model",))
EVALUATE = stage("evaluate", ("model", "test.csv"), ("m.json",))


def pipeline(*stages: Stage, **edited: tuple[str, ...]) -> Pipeline:
    """The stages, each with a command of its own, and those of the chain with edited dependencies."""
    chain = {each.name: each for each in (PREPARE, TRAIN, EVALUATE, *stages)}
    chain |= {name: chain[name]._replace(deps=deps) for name, deps in edited.items()}
    return Pipeline(stages=tuple(each._replace(cmd=(*each.cmd, each.name)) for each in chain.values()))


def renamed(name: str, now: str, *, same_command: bool = True, **edited: tuple[str, ...]) -> Pipeline:
    before = pipeline(**edited)
    stages = [
        each._replace(address=now, name=now, cmd=each.cmd if same_command else ("other",))
        if each.name == name
        else each
        for each in before.stages
    ]
    outs = [
        each._replace(outs=tuple(out._replace(owner=each.address) for out in each.outs)) for each in stages
    ]
    return Pipeline(stages=tuple(outs))


def replaced(dep: str) -> Pipeline:
    """The pipeline with another stage for `train`, which reads this and makes another file."""
    found = pipeline(stage("fit", (dep,), ("weights",)), evaluate=("weights", "test.csv"))
    return Pipeline(stages=tuple(each for each in found.stages if each.name != "train"))


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        (pipeline(), None),
        (pipeline(evaluate=("model/config.json", "test.csv")), ("model", "evaluate")),
        (pipeline(evaluate=("model",)), ("test.csv", "evaluate")),
        (pipeline(train=("data/a.csv",)), ("data", "train")),
        (
            pipeline(stage("card", ("model",), ("card.json",)), evaluate=("card.json", "test.csv")),
            ("model", "evaluate"),
        ),
        (renamed("evaluate", "score", evaluate=("model",)), ("test.csv", "score")),
        (renamed("evaluate", "score", same_command=False, evaluate=("model",)), ("test.csv", "score")),
        (renamed("train", "fit", train=("data/a.csv",)), ("data", "fit")),
        (renamed("train", "fit", same_command=False, train=("data/a.csv",)), ("data", "fit")),
        (renamed("train", "fit", same_command=False), None),
        (replaced("raw.csv"), ("data", "train")),
        (replaced("data"), None),
        (renamed("train", "fit"), None),
        (pipeline(evaluate=("model", "test.csv", "more.csv")), None),
        (pipeline(PREPARE._replace(outs=(*PREPARE.outs[:1], Output(path="b.csv", owner="prepare"))),
                  evaluate=("model", "b.csv")), None),
    ],
    ids=[
        "same", "part of the model", "test data", "part of the data", "another stage between", "renamed",
        "renamed and another command", "renamed in the middle",
        "renamed in the middle and another command", "another command", "another one from less",
        "another one", "only renamed", "more", "renamed output",
    ],
)  # fmt: skip
def test_what_a_stage_makes_for_another_is_a_dependency_like_any_other(
    new: Pipeline, lost: tuple[str, str] | None
) -> None:
    old, now = origin_of("m.json", pipeline()), origin_of("m.json", new)
    texts = [text for text in weaker(old, now, model="model") if not text.startswith("param ")]
    assert texts == ([] if lost is None else [f"dep {lost[0]} was dropped from stage {lost[1]}"])
    assert weaker(old, now, model="model", reported=None if lost is None else lost[0]) == tuple(
        text for text in weaker(old, now, model="model") if text not in texts
    )
