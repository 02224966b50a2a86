"""Ignored inputs: what Git ignores in a folder that a stage depends on is named, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder

PIPELINE = """\
stages:
  s:
    cmd: cp in m.json
    deps: [in, src]
    metrics: [m.json: {cache: false}]
"""


@pytest.fixture
def project(small: Folder) -> Folder:
    """A stage that depends on `src`; its record counts a file that Git ignores."""
    small.write("in", '{"a": 1}')
    small.write("src/a.py", "a")
    small.write("src/__pycache__/a.pyc", "1")
    small.write(".gitignore", "__pycache__/\n/out\n/raw\n")
    small.write("dvc.yaml", PIPELINE)
    small.write("mlgit.yaml", "version: 1\ngates: {low: {metric: a, min: 0}}\n")
    small.dvc("repro", "-q")
    small.commit("Run")
    return small


def text_of(project: Folder, *argv: str) -> str:
    done = project.here("check", *argv)
    assert done.status == Exit.BLOCKED
    return " ".join(done.out.split())


def test_at_a_commit_the_record_has_files_that_the_commit_lacks(project: Folder) -> None:
    text = text_of(project, "--rev", "HEAD")
    assert "Stage `s` is stale: changed dep src" in text
    assert "note: dvc.lock recorded 2 files in `src/`, and this commit has 1: DVC also counts" in text
    assert "add a line such as `__pycache__/` to `.dvcignore`" in text


def test_on_disk_what_changed_is_named_with_its_line_for_dvcignore(project: Folder) -> None:
    assert project.here("check").status == Exit.DONE
    project.write("src/__pycache__/a.pyc", "2")
    text = text_of(project)
    assert "note: DVC counts what Git ignores in `src/`: `src/__pycache__/`" in text
    assert "add the line `__pycache__/` to `.dvcignore`, then run `mlgit run`" in text
    project.write(".dvcignore", "__pycache__/\n")
    project.here("run")
    project.commit("Ignore")
    assert project.here("check").status == Exit.DONE
    assert project.here("check", "--rev", "HEAD").status == Exit.DONE


def test_a_changed_file_of_git_is_not_explained_by_others(project: Folder) -> None:
    project.write(".dvcignore", "__pycache__/\n")
    project.here("run")
    project.commit("Ignore")
    project.write("src/a.py", "b")
    assert "Git ignores" not in text_of(project)
    project.commit("Edit")
    assert "Git ignores" not in text_of(project, "--rev", "HEAD")
