"""Outputs that become files of Git, and files of Git that become outputs: compared, and not gone or new."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.shell import Folder

SCORES = "  score:\n    cmd: echo 1 > scores.csv\n    outs: [scores.csv: {cache: false}]\n"
FOLDER = "  draw:\n    cmd: mkdir -p drawn && echo 1 > drawn/a.csv\n    outs: [drawn: {cache: false}]\n"


def _data(project: Folder, *revisions: str) -> dict[str, Any]:
    done = project.here("--json", "diff", *revisions)
    return {each["path"]: each for each in json.loads(done.out)["data"]}


def _reported(project: Folder, base: str = "HEAD~1") -> str:
    return project.here("report", "--as", "github", "--base", base).out


@pytest.fixture
def kept(project: Folder) -> Folder:
    """Data in DVC, which the next commit keeps in Git with the same content."""
    project.dvc("remove", "-q", "data/raw.csv.dvc")
    project.git("add", "-f", "data/raw.csv")
    project.commit("Keep the data in Git")
    return project


def test_data_that_git_keeps_now_is_unchanged_if_its_content_is(kept: Folder) -> None:
    assert _data(kept, "HEAD~1", "HEAD") == _data(kept, "HEAD~1") == _data(kept, "HEAD", "HEAD~1") == {}
    assert "**params**, **model**: unchanged" in _reported(kept)


def test_data_that_git_keeps_now_is_changed_if_its_content_is(kept: Folder) -> None:
    kept.write("data/raw.csv", "x,y\n1,2\n")
    kept.git("commit", "-aqm", "Fewer rows", "--amend")
    for revisions, rows in (
        (("HEAD~1", "HEAD"), (10, 1)),
        (("HEAD~1",), (10, 1)),
        (("HEAD", "HEAD~1"), (1, 10)),
    ):
        found = _data(kept, *revisions)["data/raw.csv"]
        assert found["kind"] == "modified", revisions
        assert (found["old_rows"], found["new_rows"]) == rows
    assert "**data**: `data/raw.csv` has 9 fewer rows (-90%)" in _reported(kept)


@pytest.mark.parametrize("stage", [SCORES, FOLDER], ids=["file", "folder"])
def test_what_a_removed_stage_made_stays_as_it_was(project: Folder, stage: str) -> None:
    before = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", before.replace("artifacts:", f"{stage}artifacts:"))
    project.dvc("repro", "-q")
    project.commit("One more stage")
    project.write("dvc.yaml", before)
    project.commit("Without it")
    assert _data(project, "HEAD~1", "HEAD") == _data(project, "HEAD", "HEAD~1") == {}
    assert "**params**, **data**, **model**: unchanged" in _reported(project)


def test_a_model_that_git_keeps_now_is_not_gone(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("[models/line.json]\n", "[models/line.json: {cache: false}]\n", 1))
    project.write("models/.gitignore", "")
    project.dvc("commit", "-qf")
    project.commit("Keep the model in Git")
    project.write("dvc.yaml", "stages: {}\n")
    project.write("dvc.lock", "schema: '2.0'\nstages: {}\n")
    project.commit("Without a pipeline")
    for revisions in (("HEAD~1", "HEAD"), ("HEAD~2", "HEAD")):
        assert json.loads(project.here("--json", "diff", *revisions).out)["models"] == []
