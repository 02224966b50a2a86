"""Models of which DVC has one part and Git another: what is handed out is what is measured and compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit, StateError
from mlgit.project.opening import open_project
from mlgit.project.release.readiness import require_fresh
from tests.support.checks import check
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models:
  net: {path: model}
gates:
  auc: {metric: auc, min: 0.5}
"""
PIPELINE = """\
stages:
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, model]
    metrics: [metrics.json: {cache: false}]
"""
EVALUATE = """\
text = open("model/weights.json").read() + open("model/config.json").read()
open("metrics.json", "w").write('{"auc": 0.' + str(len(text)) + "}")
"""


def project_with(project: Folder, tracked: str, place: Path) -> Folder:
    """A project whose model is `model/` with two files, of which DVC tracks this path; on a branch."""
    project.dvc("init", "-q")
    project.dvc("remote", "add", "-q", "-d", "store", str(place / "store"))
    project.write("mlgit.yaml", CONFIG)
    project.write("dvc.yaml", PIPELINE)
    project.write("evaluate.py", EVALUATE)
    project.write("model/weights.json", "w" * 70)
    project.write("model/config.json", "c")
    project.dvc("add", "-q", tracked)
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    project.commit("Start")
    project.git("switch", "-qc", "topic")
    return project


def clone_of(project: Folder, place: Path) -> Folder:
    project.git("switch", "-q", "main")
    project.git("clone", "-q", "-b", "topic", f"file://{project.path}", str(place))
    return Folder(place)


def add_to_git(project: Folder, name: str, text: str) -> None:
    project.write(name, text)
    project.git("add", "-f", name)
    project.git("commit", "-qm", "One more file")


def test_a_file_of_git_in_a_model_folder_of_dvc_makes_stale_what_reads_the_folder(
    empty_repository: Folder, tmp_path: Path
) -> None:
    author = project_with(empty_repository, "model", tmp_path)
    add_to_git(author, "model/newer.json", "other weights")
    for rev in ([], ["--rev", "HEAD"]):
        verdict = check(author, *rev, status=Exit.BLOCKED)
        assert "Stage `evaluate` is stale: changed dep model" in str(verdict)
    clone = clone_of(author, tmp_path / "clone")
    verdict = check(clone, "--rev", "HEAD", status=Exit.BLOCKED)
    assert "Git has files in it, and the list of DVC's files is not here" in str(verdict)
    assert "dvc fetch" in str(verdict)
    clone.dvc("fetch", "-q")
    assert "is stale: changed dep model" in str(check(clone, "--rev", "HEAD", status=Exit.BLOCKED))


def test_a_pull_request_fetches_the_list_of_a_folder_that_git_has_files_in(
    empty_repository: Folder, tmp_path: Path
) -> None:
    author = project_with(empty_repository, "model", tmp_path)
    add_to_git(author, "model/newer.json", "other weights")
    clone = clone_of(author, tmp_path / "clone")
    report = clone.here("ci", "pr", "-o", "report")
    assert report.status == Exit.BLOCKED
    assert "is stale: changed dep model" in report.out


def test_a_file_that_git_has_besides_dvc_is_not_another_content(
    empty_repository: Folder, tmp_path: Path
) -> None:
    author = project_with(empty_repository, "model", tmp_path)
    add_to_git(author, "model/config.json", "c")
    for rev in ([], ["--rev", "HEAD"]):
        verdict = check(author, *rev, status=Exit.DONE)
        assert verdict["notes"] == []


def test_a_file_that_dvc_does_not_see_there_is_named(empty_repository: Folder, tmp_path: Path) -> None:
    author = project_with(empty_repository, "model", tmp_path)
    author.write(".dvcignore", "model/newer.json\n")
    author.git("add", ".dvcignore")
    add_to_git(author, "model/newer.json", "other weights")
    for rev in ([], ["--rev", "HEAD"]):
        found = {each["code"] for each in check(author, *rev, status=Exit.DONE)["notes"]}
        assert "model_changed_metrics_did_not" in found
    changed = author.here("diff", "main", "topic", "--json").json()
    assert [(each["path"], each["kind"]) for each in changed["models"]] == [("model", "modified")]


def test_a_release_refuses_a_folder_whose_content_is_not_known_here(
    empty_repository: Folder, tmp_path: Path
) -> None:
    author = project_with(empty_repository, "model", tmp_path)
    author.write("mlgit.yaml", CONFIG.replace("model}", "model, metrics: [numbers.json]}"))
    author.write("numbers.json", '{"auc": 0.9}')
    author.git("rm", "-q", "dvc.yaml", "dvc.lock")
    add_to_git(author, "model/newer.json", "other weights")
    author.commit("No stage reads it")
    clone = clone_of(author, tmp_path / "clone")
    project = open_project(str(clone.path), now=datetime(2026, 3, 1, tzinfo=UTC))
    try:
        with pytest.raises(StateError, match=r"Whether `model` is what `model\.dvc` says is not known here"):
            require_fresh(project, "model", commit=project.head.commit)
    finally:
        project.close()


@pytest.mark.parametrize("metrics", ["[metrics.json]", "[metrics.json, model/*.json]"])
def test_a_change_does_not_take_a_file_out_of_the_model_by_naming_it_as_a_metric(
    empty_repository: Folder, metrics: str
) -> None:
    project = empty_repository
    project.dvc("init", "-q")
    named = CONFIG.replace("model}", "model, metrics: {}}")
    project.write("mlgit.yaml", named.replace("{}", "[metrics.json]"))
    train = "train:\n    cmd: cp numbers.json model/weights\n    outs: [model/weights]\n"
    measure = "measure:\n    cmd: cp numbers.json metrics.json\n    metrics: [metrics.json: {cache: false}]\n"
    project.write("dvc.yaml", f"stages:\n  {train}  {measure}")
    project.write("numbers.json", '{"auc": 0.9}')
    project.write("model/README", "A model")
    project.dvc("repro", "-q")
    project.commit("Start")
    project.git("switch", "-qc", "topic")
    project.write("mlgit.yaml", named.replace("{}", metrics))
    add_to_git(project, "model/model.json", '{"slope": 1.2}')
    project.commit("Name it")
    found = check(project, "--rev", "HEAD", status=Exit.DONE)["notes"]
    texts = {each["code"]: each["message"] for each in found}
    assert "`model/model.json` in it is made by no stage" in texts["evidence_weakened"]
    assert "model_changed_metrics_did_not" in texts


def test_a_release_is_compared_by_what_git_has_of_the_model_too(
    empty_repository: Folder, tmp_path: Path
) -> None:
    project = project_with(empty_repository, "model/weights.json", tmp_path)
    project.git("switch", "-q", "main")
    assert project.here("release", "net").status == Exit.DONE
    project.write("README.md", "Words")
    project.commit("Words")
    assert "note: HEAD has the same model; `--force` releases it again" in project.here("release", "net").out
    project.write("model/config.json", "other")
    project.dvc("repro", "-q")
    project.commit("Another configuration")
    released = project.here("release", "net", "--json").json()
    assert (released["version"], released["commit"]) == ("v1.0.1", project.git("rev-parse", "HEAD").strip())
    assert project.here("deregister", "net@v1.0.1", "-m", "broken").status == Exit.DONE
    project.git("rm", "-q", "model/config.json")
    project.write("evaluate.py", EVALUATE.replace(' + open("model/config.json").read()', ""))
    project.dvc("repro", "-q")
    project.commit("No configuration")
    assert project.here("release", "net").status == Exit.DONE
    assert project.here("get", "net@v1.0.0", "-o", "fetched").status == Exit.DONE
    found = {each.name for each in (project / "fetched").rglob("*") if each.is_file()}
    assert found == {"weights.json", "config.json"}
