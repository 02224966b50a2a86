"""Candidates: what looks like a model, like metrics, or like data on the way to a model."""

from __future__ import annotations

import pytest

from mlgit.core.overview.candidates import (
    is_metric_file,
    is_model_file,
    metrics_by_likelihood,
    models_in_git,
    models_of_pipeline,
)
from mlgit.core.pipeline.stages import Output, Pipeline, Stage


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("model.pkl", True),
        ("models/churn.joblib", True),
        ("train_model.pt", True),
        ("trained.pkl", True),
        ("best.ckpt", True),
        ("out/model.safetensors", True),
        ("test.onnx", True),  # a format that only models have
        ("data/model.pkl", True),
        ("X_train.pkl", False),
        ("y_test.joblib", False),
        ("xtrain.pkl", False),
        ("XTrain.pkl", False),
        ("data/iris.pkl", False),
        ("corpus.joblib", False),
        ("predictions.pkl", False),
        ("out/optimizer.pt", False),
        ("out/rng_state_0.pth", False),
        ("out/training_args.bin", False),
        ("tests/model.pkl", False),
        (".cache/model.pkl", False),
        ("model.py", False),
        ("model.json", False),
    ],
)
def test_a_model_is_known_by_its_name(path: str, *, model: bool) -> None:
    assert is_model_file(path) is model


@pytest.mark.parametrize(
    ("path", "metrics"),
    [
        ("metrics.json", True),
        ("reports/metrics.yaml", True),
        ("eval_metrics.json", True),
        ("metrics-2026.toml", True),
        ("metrics/test.json", True),
        ("all_results.json", True),
        ("out/eval_results.json", True),
        ("results_2026-11-29T10-00-00.json", True),
        ("results.json", True),
        ("scores.json", True),
        ("evaluation.json", True),
        ("package.json", False),
        ("config.json", False),
        ("metrics.py", False),
        ("tests/metrics.json", False),
        ("node_modules/a/metrics.json", False),
        ("trainer_state.json", False),
    ],
)
def test_metrics_are_known_by_their_name(path: str, *, metrics: bool) -> None:
    assert is_metric_file(path) is metrics


def test_the_usual_names_of_metrics_come_first() -> None:
    paths = ["a/scores.json", "results_b.json", "out/all_results.json", "metrics.json", "readme.md"]
    assert metrics_by_likelihood(paths) == (
        "metrics.json",
        "out/all_results.json",
        "results_b.json",
        "a/scores.json",
    )


def test_a_model_in_several_files_is_its_folder_and_checkpoints_give_way() -> None:
    shards = ["llm/model-00001-of-00002.safetensors", "llm/model-00002-of-00002.safetensors"]
    assert models_in_git(shards) == ("llm",)
    saved = ["out/checkpoint-500/model.safetensors", "out/model.safetensors"]
    assert models_in_git(saved) == ("out/model.safetensors",)
    assert models_in_git(saved[:1]) == tuple(saved[:1])


@pytest.mark.parametrize(
    ("paths", "models"),
    [
        (["out/config.json", "out/model.safetensors", "out/tokenizer.json"], ("out",)),
        (["out/config.json", "out/pytorch_model.bin"], ("out",)),
        (["out/MLmodel", "out/model.pkl", "out/conda.yaml"], ("out",)),
        (["config.json", "model.safetensors"], ("model.safetensors",)),
        (["app/config.json", "app/model.pkl"], ("app/model.pkl",)),
        (["MLmodel", "model.pkl", "other/model.pkl"], ("model.pkl", "other/model.pkl")),
    ],
)
def test_a_model_that_needs_the_files_next_to_it_is_its_folder(
    paths: list[str], models: tuple[str, ...]
) -> None:
    assert models_in_git(paths) == models


def stage(name: str, deps: list[str], outs: list[str]) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir="",
        cmd=("true",),
        deps=tuple(deps),
        outs=tuple(Output(path=path, owner=name) for path in outs),
    )


@pytest.mark.parametrize(
    ("stages", "sure", "doubtful"),
    [
        ([("train", [], ["model.pkl"])], ["model.pkl"], []),
        (
            [
                ("split", [], ["X_train.pkl", "y_test.pkl"]),
                ("train", ["X_train.pkl"], ["net.joblib"]),
                ("evaluate", ["net.joblib", "y_test.pkl"], []),
            ],
            ["net.joblib"],
            [],
        ),
        # A model that is made of another one: the last is released.
        (
            [("train", [], ["net.pt"]), ("export", ["net.pt"], ["net.onnx"])],
            ["net.onnx"],
            ["net.pt"],
        ),
        # A text of XGBoost or LightGBM, only by its last word.
        ([("train", [], ["out/xgb_model.json", "model_card.json", "log.txt"])], ["out/xgb_model.json"], []),
        ([("train", [], ["booster.txt"]), ("report", [], ["model/report.json"])], ["booster.txt"], []),
        # A part of the model that no later stage reads.
        ([("train", [], ["model.pkl", "vectorizer.pkl"])], ["model.pkl"], ["vectorizer.pkl"]),
        ([("fit", [], ["vectorizer.pkl"])], ["vectorizer.pkl"], []),
        # Without an ending only by a word.
        (
            [("prepare", [], ["corpus.joblib"]), ("train", ["corpus.joblib"], ["models/classifier"])],
            ["models/classifier"],
            [],
        ),
        ([("prepare", [], ["prepared", "features"])], [], []),
        # Two models of one stage.
        ([("train", [], ["a.onnx", "b.onnx"])], ["a.onnx", "b.onnx"], []),
    ],
)
def test_the_last_models_of_a_pipeline_are_released(
    stages: list[tuple[str, list[str], list[str]]], sure: list[str], doubtful: list[str]
) -> None:
    pipeline = Pipeline(stages=tuple(stage(*each) for each in stages), tracked=())
    found, unsure = models_of_pipeline(pipeline)
    assert ([out.path for out in found], [out.path for out in unsure]) == (sure, doubtful)


def test_a_numbered_model_next_to_others_may_be_a_fold() -> None:
    folds = [stage(f"train@{number}", [], [f"models/fold/{number}.bin"]) for number in range(2)]
    final = stage("final", [], ["models/final.bin"])
    for stages, sure, doubtful in (
        ((*folds, final), ["models/final.bin"], ["models/fold/0.bin", "models/fold/1.bin"]),
        (folds, ["models/fold/0.bin", "models/fold/1.bin"], []),
    ):
        found, unsure = models_of_pipeline(Pipeline(stages=tuple(stages), tracked=()))
        assert ([out.path for out in found], [out.path for out in unsure]) == (sure, doubtful)
