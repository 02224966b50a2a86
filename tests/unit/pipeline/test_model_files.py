"""Which metric files belong to which model."""

from __future__ import annotations

import pytest

from mlgit.core.config.file import Model
from mlgit.core.pipeline.evidence import Evidence
from mlgit.core.pipeline.model_files import (
    connected_stages,
    files_of_model,
    made_by_stage,
    outputs_of,
)
from mlgit.core.pipeline.stages import Artifact, Output, Pipeline, Stage
from tests.support.verdicts import metric_file


def stage(name: str, deps: tuple[str, ...], outs: tuple[str, ...]) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=("run",),
        deps=deps,
        outs=tuple(Output(path=path, owner=name) for path in outs),
    )


PIPELINE = Pipeline(
    stages=(
        stage("prepare", ("raw.csv",), ("data",)),
        stage("stats", ("data",), ("metrics/data.json",)),
        stage("train-a", ("data/a.csv",), ("models/a.pkl", "metrics/train-a.json")),
        stage("train-b", ("data/b.csv",), ("models/b.pkl",)),
        stage("evaluate-a", ("models/a.pkl", "other.csv"), ("metrics/a.json",)),
        stage("evaluate-b", ("models/b.pkl",), ("metrics/b.json",)),
        stage("summary", ("metrics/a.json", "metrics/b.json"), ("metrics/all.json",)),
    ),
    artifacts=(Artifact(name="by-artifact", path="models/b.pkl"),),
)
FILES = tuple(
    metric_file(path=path, stage=owner, auc="1")
    for path, owner in (
        ("metrics/train-a.json", "train-a"),
        ("metrics/a.json", "evaluate-a"),
        ("metrics/b.json", "evaluate-b"),
        ("metrics/all.json", "summary"),
        ("metrics/data.json", "stats"),
        ("metrics/hand.json", None),
    )
)
EVIDENCE = Evidence(label="working tree", commit=None, pipeline=PIPELINE, metric_files=FILES)


def paths(model: Model | None, *, alone: bool = False) -> list[str]:
    return [file.path.removeprefix("metrics/") for file in files_of_model(model, EVIDENCE, alone=alone)]


def test_one_model_has_every_file() -> None:
    everything = sorted(file.path.removeprefix("metrics/") for file in FILES)
    assert paths(None) == everything
    assert paths(Model(name="a", path="models/a.pkl"), alone=True) == everything


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model(name="a", path="models/a.pkl"), ["a.json", "all.json", "train-a.json"]),
        (Model(name="b", path="models/b.pkl"), ["all.json", "b.json"]),
        (Model(name="by-artifact"), ["all.json", "b.json"]),
        (Model(name="nowhere"), []),
        (Model(name="unmade", path="models/other.pkl"), []),
    ],
)
def test_each_of_several_models_has_the_files_of_connected_stages(model: Model, expected: list[str]) -> None:
    assert paths(model) == expected


def test_a_model_that_dvc_only_tracks_has_the_files_of_its_readers() -> None:
    assert paths(Model(name="given", path="other.csv")) == ["a.json", "all.json"]


def test_globs_choose_the_files() -> None:
    assert paths(Model(name="a", metrics=("metrics/h*.json", "metrics/b.json"))) == ["b.json", "hand.json"]


def test_ancestors_and_descendants_are_connected_but_siblings_are_not() -> None:
    assert connected_stages("models/a.pkl", PIPELINE) == {"prepare", "train-a", "evaluate-a", "summary"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model(name="a", path="models/a.pkl"), True),
        (Model(name="folder", path="models"), True),
        (Model(name="by-artifact"), True),
        (Model(name="given", path="other.csv"), False),
        (Model(name="nowhere"), False),
        (None, False),
    ],
)
def test_a_model_is_made_by_a_stage_if_an_output_is_its_file(model: Model | None, *, expected: bool) -> None:
    assert made_by_stage(model, PIPELINE) is expected


def test_outputs_that_contain_the_model_and_outputs_in_it_belong_to_it() -> None:
    paths = ("models", "models/bert/a", "modelsX", "m")
    found = outputs_of("models/bert", [Output(path=path, owner="train") for path in paths])
    assert [each.path for each in found] == ["models", "models/bert/a"]


def test_an_output_that_git_tracks_is_not_an_output_of_dvc() -> None:
    assert outputs_of("line.json", [Output(path="line.json", owner="train", cached=False)]) == ()
