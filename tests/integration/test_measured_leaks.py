"""Test data that a change copies into the data of the training is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML

if TYPE_CHECKING:
    from tests.support.shell import Folder

STAGES = DVC_YAML.replace("src/train.py]", "src/train.py, pool]").replace(
    "src/evaluate.py]", "src/evaluate.py, hard]"
)


def test_files_of_the_test_data_in_a_folder_of_the_training_are_named(project: Folder) -> None:
    project.write("dvc.yaml", STAGES)
    for name in ("hard/a.csv", "hard/b.csv", "pool/c.csv"):
        project.write(name, f"x,y\n{ord(name[-5])},2\n")
    project.dvc("add", "-q", "hard", "pool")
    project.dvc("repro", "-q")
    project.commit("Measure on hard rows")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    for name in ("a", "b"):
        project.write(f"pool/more/{name}.csv", (project / f"hard/{name}.csv").read_text())
    project.dvc("add", "-q", "pool")
    project.dvc("repro", "-q")
    project.commit("Train on more rows")
    notes = check(project, status=Exit.DONE)["notes"]
    end = "`pool/more/a.csv`, `pool/more/b.csv`, and `hard`, which it is measured on, has the same content"
    assert [each["message"] for each in notes if each["code"] == "data_changed"] == [
        f"`models/line.json` is now made from {end}"
    ]
