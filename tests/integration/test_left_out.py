"""Files that are not on disk for a reason: sparse checkouts and ignored outputs; and unreadable files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from typing import Any

ANSWERS = (("check",), ("diff", "HEAD"), ("diff",), ("report", "--format", "json"))


def _clone(project: Folder, name: str, *options: str) -> Folder:
    project.git("clone", "-q", *options, f"file://{project.path.parent}/origin.git", f"../{name}")
    return Folder(project.path.parent / name)


def _answer(folder: Folder, *argv: str) -> Any:  # noqa: ANN401 (any JSON)
    done = folder.here(*argv, *(() if "json" in argv else ("--json",)))
    return json.loads(done.out)


@pytest.mark.parametrize("kept", [(), ("src",), ("metrics",), ("src", "metrics", ".dvc")], ids=" ".join)
def test_a_sparse_checkout_gives_the_answers_of_a_whole_one(project: Folder, kept: tuple[str, ...]) -> None:
    project.commit("Second")
    project.git("push", "-q")
    whole, sparse = _clone(project, "whole"), _clone(project, "sparse", "--sparse")
    for folder in kept:
        sparse.git("sparse-checkout", "add", folder)
    for argv in ANSWERS:
        assert _answer(sparse, *argv) == _answer(whole, *argv), argv
    shown = sparse.here("status").out
    assert "deleted" not in shown
    assert "missing" not in shown
    doctor = sparse.here("doctor").out
    assert ("git sparse-checkout add .dvc" in doctor) is (".dvc" not in kept)
    assert "dvc remote add" not in doctor


def test_a_folder_that_is_left_out_partly_is_not_compared(project: Folder) -> None:
    yaml = (project / "dvc.yaml").read_text().replace("src/prepare.py]", "src]", 1)
    project.write("dvc.yaml", yaml)
    project.write("src/deep/more.py", "")
    project.write("src/top.py", "")
    project.dvc("repro", "-q")
    project.commit("A folder")
    project.git("push", "-q")
    sparse = _clone(project, "sparse", "--sparse")
    sparse.git("sparse-checkout", "set", "--no-cone", "/*", "!/src/deep/")
    assert not (sparse / "src" / "deep").exists()
    stages = {each["address"]: each for each in _answer(sparse, "status")["stages"]}
    assert "it is not in the sparse checkout" in json.dumps(stages["prepare"])
    assert "changed dep src" not in json.dumps(stages)


@pytest.mark.parametrize("option", ["{cache: false}", "{cache: false, persist: true}"])
@pytest.mark.parametrize("output", ["out.txt", "outs"])
def test_an_output_that_git_ignores_is_in_a_clone_as_it_was_recorded(
    project: Folder, option: str, output: str
) -> None:
    place = output if output.endswith(".txt") else f"{output}/one.txt"
    command = f"mkdir -p outs && echo 1 > {place}"
    project.write("dvc.yaml", f"stages:\n  make:\n    cmd: {command}\n    outs: [{{{output}: {option}}}]\n")
    project.write(".gitignore", f"/{output}\n")
    project.dvc("repro", "-q", "make")
    project.commit("Ignored")
    project.write("README.md", "hello\n")
    project.commit("Readme")
    project.git("push", "-q")
    clone = _clone(project, "clone")
    assert (clone / output).exists() is False
    assert not _answer(clone, "diff")["data"]
    report = clone.here("report", "--format", "markdown").out
    assert f"`{output}` gone" not in report


def test_an_output_in_git_that_was_deleted_is_gone(project: Folder) -> None:
    project.write(
        "dvc.yaml", "stages:\n  make:\n    cmd: echo 1 > out.txt\n    outs: [out.txt: {cache: false}]\n"
    )
    project.dvc("repro", "-q", "make")
    project.commit("In Git")
    (project / "out.txt").unlink()
    (change,) = _answer(project, "diff", "HEAD")["data"]
    assert (change["path"], change["new_md5"]) == ("out.txt", None)


@pytest.mark.parametrize("state", ["no permission", "a pipe"])
def test_what_cannot_be_read_is_named_and_not_called_changed(project: Folder, state: str) -> None:
    place = project / "data/clean.csv"
    place.chmod(0)
    if state == "a pipe":
        place.unlink()
        os.mkfifo(place)
    elif os.access(place, os.R_OK):
        pytest.skip("this user may read anything")
    found = _answer(project, "diff", "HEAD")
    assert not found["data"]
    assert "`data/clean.csv` cannot be read" in json.dumps(found["problems"])


def test_a_metric_file_that_git_ignores_is_in_no_commit_and_not_new(project: Folder) -> None:
    project.write(".gitignore", "/models\n/data\n/metrics\n")
    project.git("rm", "-rq", "--cached", "metrics")
    project.write(
        "mlgit.yaml",
        "version: 1\nmodels: {line: {path: models/line.json}}\n"
        "gates: {keep: {metric: mae, vs: HEAD, max_rise: 0.1}}\n",
    )
    project.commit("Ignore metrics")
    project.git("push", "-q")
    # The file here is the one that HEAD's dvc.lock records.
    (result,) = _answer(project, "check")["verdict"]["results"]
    assert (result["outcome"], result["candidate"]) == ("pass", result["baseline"])
    project.write("params.yaml", "train:\n  slope: 1.98\n")
    project.dvc("repro", "-q")
    (result,) = _answer(project, "check")["verdict"]["results"]
    assert (result["outcome"], result["reason"]) == ("error", "baseline_unreadable")
    assert "is not in the commit, although `dvc.lock` records it" in result["message"]
    waiver = "add a waiver for this gate with `covers: [error]` to `.mlgit/waivers.yaml` on trunk"
    assert result["hint"] == waiver


@pytest.mark.parametrize(
    "words", [("get", "line@v1.0.0", "-o", "../got"), ("run",), ("push",), ("release", "line", "--force")]
)
def test_what_needs_dvc_names_the_checkout_that_leaves_it_out(staged: Folder, words: tuple[str, ...]) -> None:
    staged.write("README.md", "hello\n")
    staged.commit("Readme")
    staged.git("push", "-q")
    sparse = _clone(staged, "sparse", "--sparse")
    done = sparse.here(*words)
    assert done.status == Exit.STATE, done.out
    assert "The sparse checkout leaves out `.dvc`" in done.err
    assert "run `git sparse-checkout add .dvc`" in done.err
    assert "dvc init" not in done.err
    sparse.git("sparse-checkout", "add", ".dvc")
    assert "leaves out `.dvc`" not in sparse.here(*words).err
