"""Init without DVC: models and metrics in files of Git and Git LFS, and again once there are metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.config.loader import load
from mlgit.errors import Exit

if TYPE_CHECKING:
    from mlgit.core.config.file import Config
    from tests.support.shell import Folder

WEIGHTS = "weights of a model"


def init(folder: Folder, *options: str) -> dict[str, Any]:
    done = folder.here("init", "--json", *options)
    assert done.status == Exit.DONE, done.err
    record: dict[str, Any] = done.json()
    return record


def written(folder: Folder) -> Config:
    return load((folder / "mlgit.yaml").read_bytes(), name="mlgit.yaml", cache_dir=None)


def test_a_script_with_its_metrics_and_model_is_gated(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("train.py", "print('fit')")
    folder.write("metrics.json", '{"accuracy": 0.91, "loss": 0.3}')
    folder.write("churn.pkl", WEIGHTS)
    folder.commit("Train")
    assert folder.here("check").out.endswith("\nnext: mlgit init\n")
    screen = folder.here("init").out
    assert "model    churn, churn.pkl (a file in Git)" in screen
    assert "metrics  metrics.json (not in a pipeline): accuracy 0.91" in screen
    assert "1 model, 1 gate (accuracy-vs-base, has nothing to compare with yet)" in screen
    assert screen.endswith("next: mlgit check\n")
    config = written(folder)
    assert config.models["churn"].path == "churn.pkl"
    assert config.models["churn"].metrics == ("metrics.json",)
    assert "mlgit init" not in folder.here("check").out
    folder.commit("Declare")
    assert "Metrics   2 unchanged since base" in folder.here("status").out
    folder.write("metrics.json", '{"accuracy": 0.80, "loss": 0.3}')
    folder.commit("Make it worse")
    checked = folder.here("check")
    assert checked.status == Exit.BLOCKED, checked.out
    assert "accuracy fell from 0.91 to 0.8" in checked.out


@pytest.mark.parametrize(
    ("files", "metrics"),
    [
        (
            {"all_results.json": {"eval_accuracy": 0.9}, "eval_results.json": {"eval_accuracy": 0.9}},
            "all_results.json",
        ),
        (
            {
                "results_2026-11-28T10-00-00.json": {"acc": 0.8},
                "results_2026-11-29T10-00-00.json": {"acc": 0.9},
            },
            "results_2026-11-29T10-00-00.json",
        ),
        ({"metrics/test.json": {"auc": 0.9}}, "metrics/test.json"),
        ({"scores.json": {"f1": 0.9}, "results.json": {"note": "no number"}}, "scores.json"),
    ],
)
def test_metric_files_of_the_usual_names_are_found(
    empty_repository: Folder, files: dict[str, dict[str, object]], metrics: str
) -> None:
    for path, values in files.items():
        empty_repository.write(path, json.dumps(values))
    empty_repository.write("net.onnx", WEIGHTS)
    record = init(empty_repository)
    assert [found["name"] for found in record["found"] if found["kind"] == "metrics"] == [metrics]
    config = written(empty_repository)
    assert config.models["net"].metrics == (metrics.replace("2026-11-29T10-00-00", "*"),)
    assert len(config.gates) == 1
    assert record["gates"][0]["active"] is True


def test_a_damaged_metric_file_or_one_without_numbers_is_not_proposed(empty_repository: Folder) -> None:
    empty_repository.write("metrics.json", '{"auc": 0.9')
    empty_repository.write("results.json", '{"model": "net"}')
    empty_repository.write("net.onnx", WEIGHTS)
    record = init(empty_repository)
    assert [found["kind"] for found in record["found"]] == ["model"]
    assert written(empty_repository).models["net"].metrics is None


def test_metrics_without_a_model_are_gated_under_the_name_of_the_repository(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("metrics.json", '{"accuracy": 0.91}')
    folder.write(".gitignore", "*.txt\n")
    folder.write("model.txt", WEIGHTS)
    folder.commit("Train")
    record = init(folder)
    assert list(written(folder).models) == [folder.path.name]
    assert any("a release needs its `path:`" in offer for offer in record["offers"])
    assert folder.here("check").status == Exit.DONE


def test_a_model_in_git_lfs_is_called_that(empty_repository: Folder) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n"
    empty_repository.write("net.safetensors", pointer)
    empty_repository.commit("Add the model")
    (model,) = init(empty_repository)["found"]
    assert model["where"] == "net.safetensors (a file in Git LFS)"
    empty_repository.git("mv", "net.safetensors", "model.safetensors")
    (empty_repository / "net").mkdir()
    empty_repository.git("mv", "model.safetensors", "net/model.safetensors")
    empty_repository.write("net/config.json", "{}")
    empty_repository.commit("Add its configuration")
    (model,) = init(empty_repository, "--force")["found"]
    assert model["where"] == "net (a folder in Git LFS)"


def test_splits_of_data_are_left_out_and_folders_name_several_models(empty_repository: Folder) -> None:
    for path in ("X_train.pkl", "y_test.pkl", "models/churn/model.pkl", "models/fraud/model.pkl"):
        empty_repository.write(path, path)
    empty_repository.write("models/churn/metrics.json", '{"auc": 0.9}')
    empty_repository.write("models/fraud/metrics.json", '{"auc": 0.8}')
    init(empty_repository)
    config = written(empty_repository)
    assert {name: (model.path, model.metrics) for name, model in config.models.items()} == {
        "churn": ("models/churn/model.pkl", ("models/churn/metrics.json",)),
        "fraud": ("models/fraud/model.pkl", ("models/fraud/metrics.json",)),
    }
    assert [gate.models for gate in config.gates.values()] == [("churn",), ("fraud",)]


@pytest.mark.parametrize(
    "before",
    [
        None,  # the file that init writes
        "version: 1\nmodels:\n  net: {path: net.onnx}  # ours\n",
        "version: 1\nmodels:\n  net:\n    path: net.onnx  # ours\ngates: {}\nenvironments:\n  prod: {}\n",
        "version: 1\ngates:\n# none yet\n",
        "version: 1\n",
    ],
)
def test_a_second_run_after_the_first_metrics_adds_a_gate(
    empty_repository: Folder, before: str | None
) -> None:
    folder = empty_repository
    folder.write("net.onnx", WEIGHTS)
    folder.commit("Add the model")
    if before is None:
        assert "run `mlgit init` again after the first metrics" in folder.here("init").out
        before = (folder / "mlgit.yaml").read_text()
    else:
        folder.write("mlgit.yaml", before)
    folder.write("metrics.json", '{"auc": 0.9}')
    screen = folder.here("init").out
    assert "Added to mlgit.yaml: 1 model, 1 gate (auc-vs-base" in screen
    text = (folder / "mlgit.yaml").read_text()
    kept = [line for line in before.splitlines() if line != "gates: {}" and "path: net.onnx}" not in line]
    assert [line for line in kept if line not in text.splitlines()] == []
    assert ("# ours" in text) is ("# ours" in before)
    config = written(folder)
    assert config.models["net"].path == "net.onnx"
    assert config.models["net"].metrics == ("metrics.json",)
    assert list(config.gates) == ["auc-vs-base"]
    again = folder.here("init")
    assert again.status == Exit.STATE
    assert (folder / "mlgit.yaml").read_text() == text


def test_a_file_that_nothing_can_be_added_to_stays_and_the_lines_are_shown(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("net.onnx", WEIGHTS)
    folder.write("metrics.json", '{"auc": 0.9}')
    before = "{version: 1, models: {net: {path: net.onnx}}}\n"
    folder.write("mlgit.yaml", before)
    done = folder.here("init")
    assert done.status == Exit.STATE
    assert "auc-vs-base: {metric: auc, vs: base, max_drop: 0.01}" in done.err
    assert (folder / "mlgit.yaml").read_text() == before


def test_the_reason_why_a_gate_is_a_comment_is_the_true_one(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("net.onnx", WEIGHTS)
    folder.write("metrics.json", '{"auc": 0.9}')
    folder.commit("Train")
    folder.git("switch", "-q", "-c", "worse")
    folder.write("metrics.json", '{"auc": 0.5}')
    folder.commit("Make it worse")
    record = init(folder)
    (gate,) = record["gates"]
    assert (gate["active"], gate["outcome"]) == (False, "fail")
    (offer,) = record["offers"]
    assert offer.startswith("`auc-vs-base` is a comment, because it would block now: auc 0.9 → 0.5")


def test_a_model_that_git_ignores_is_named_with_the_commands_that_add_it(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("train.py", "print('fit')")
    folder.write("metrics.json", '{"accuracy": 0.91}')
    folder.write(".gitignore", "*.pkl\n/venv/\n")
    folder.write("venv/lib/site-packages/x/model.pkl", WEIGHTS)
    folder.write("out/later/model.pkl", WEIGHTS)
    folder.write("out/my model.pkl", WEIGHTS)
    folder.commit("Train")
    (offer,) = init(folder)["offers"]
    assert "`out/my model.pkl` may be the model, but Git ignores it" in offer
    command = offer.split("`")[-2]
    assert command == "dvc init && dvc add 'out/my model.pkl' && mlgit init --force"
    done = folder.run("bash", "-c", command)
    assert done.status == Exit.DONE, done.err
    assert "model    my-model, out/my model.pkl (out/my model.pkl.dvc)" in done.out
    assert "Replaced mlgit.yaml: 1 model, 1 gate (accuracy-vs-base, passes now)" in done.out
    assert written(folder).models["my-model"].metrics == ("metrics.json",)


def test_a_model_of_dvc_at_the_root_has_the_name_of_the_repository(empty_repository: Folder) -> None:
    folder = empty_repository
    folder.write("model.pkl", WEIGHTS)
    folder.dvc("init", "-q")
    folder.dvc("add", "-q", "model.pkl")
    folder.commit("Train")
    init(folder)
    assert written(folder).models["empty"].path == "model.pkl"
