"""Test data that the training writes into the model's folder does not hide behind the model."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE, TRAIN

if TYPE_CHECKING:
    from tests.support.pull_request import PullRequest
    from tests.support.shell import Folder

ROWS = """
import pathlib
few = int(re.search(r"few: *([0-9]+)", open("params.yaml").read()).group(1))
pathlib.Path("models/test.npy").write_text("\\n".join(open("data/clean.csv").read().splitlines()[: few + 1]))
"""
LAYOUTS = {
    "files of the folder": ("[models/line.json, models/test.npy]", "models/line.json, models/test.npy"),
    "each file of a folder": ("[models]", "models/line.json, models/test.npy"),
    "a folder": ("[models]", "models"),
}
TEXT = "`models` may be measured on other data: `models/test.npy` changed"


def with_data_in_the_model(project: Folder, layout: str) -> None:
    """A training that writes rows for the test next to the line, on trunk."""
    outs, deps = LAYOUTS[layout]
    stages = DVC_YAML.replace("[train.slope]\n    outs: [models/line.json]", f"[train]\n    outs: {outs}")
    stages = stages.replace("deps: [data/clean.csv, models/line.json, src/ev", f"deps: [{deps}, src/ev")
    project.write("dvc.yaml", stages.replace("path: models/line.json", "path: models"))
    project.write("mlgit.yaml", (project / "mlgit.yaml").read_text().replace("models/line.json", "models"))
    project.write("src/train.py", "import os\nos.makedirs('models', exist_ok=True)\n" + TRAIN + ROWS)
    project.write("src/evaluate.py", EVALUATE.replace("data/clean.csv", "models/test.npy"))
    project.write("params.yaml", "train:\n  slope: 1.99\n  few: 10\n")
    project.git("rm", "-q", "-r", "--cached", "models")
    project.dvc("repro", "-q")
    project.commit("Write the test data next to the model")
    project.dvc("push", "-q")
    project.git("push", "-q", "origin", "HEAD:main")


def change(project: Folder, edit: tuple[str, str]) -> None:
    project.write("params.yaml", (project / "params.yaml").read_text().replace(*edit))
    project.dvc("repro", "-q")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_in_the_folder_of_the_model_is_named(project: Folder, layout: str) -> None:
    with_data_in_the_model(project, layout)
    project.git("checkout", "-qb", "topic")
    change(project, ("slope: 1.99", "slope: 1.995"))
    project.commit("Train")
    assert check(project, status=Exit.DONE)["notes"] == []
    change(project, ("few: 10", "few: 1"))
    project.commit("Train on")
    (note,) = check(project, status=Exit.DONE)["notes"]
    assert (note["code"], note["effect"], note["message"]) == ("data_changed", "note", TEXT)


def test_the_list_of_a_models_folder_is_fetched_in_ci_if_it_changed(pull: PullRequest) -> None:
    project = pull.project
    project.git("checkout", "-q", "main")
    project.dvc("checkout", "-q")
    with_data_in_the_model(project, "a folder")
    project.git("checkout", "-q", "-B", "topic")
    change(project, ("few: 10", "few: 1"))
    pull.push("Train")
    shutil.rmtree(project / "models")
    pull.forget_data()
    assert pull.ci("pr").status == Exit.DONE, pull.notes()
    (note,) = pull.report()["check"]["verdict"]["notes"]
    assert note["message"] == TEXT
    assert not (project / "models").exists()
