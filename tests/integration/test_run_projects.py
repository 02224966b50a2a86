"""Run where a repository has several DVC projects: a name means the stage of the nearest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from tests.support.shell import Done

STAGE = "stages:\n  fit: {cmd: cp in out, deps: [in], outs: [out]}\n"


@pytest.fixture
def projects(empty_repository: Folder) -> Folder:
    """The DVC projects `a` and `b`, each with a stage `fit`; that of `b` is stale."""
    folder = empty_repository
    for name in "ab":
        folder.write(f"{name}/dvc.yaml", STAGE)
        folder.write(f"{name}/in", "1")
        inner = Folder(folder / name)
        inner.dvc("init", "-q", "--subdir")
        inner.dvc("repro", "-q")
    folder.commit("Begin")
    folder.write("b/in", "2")
    return folder


def run(folder: Folder, place: str, *words: str) -> Done:
    return Folder(folder / place).mlgit("run", *words)


@pytest.mark.parametrize(
    ("place", "name"), [("b", "fit"), (".", "b/dvc.yaml:fit"), ("a", "b/dvc.yaml:fit"), ("b", "dvc.yaml")]
)
def test_a_stage_runs_by_its_name_in_its_folder_and_by_its_address(
    projects: Folder, place: str, name: str
) -> None:
    done = run(projects, place, name)
    assert done.status == Exit.DONE, done.err
    assert "ran: b/dvc.yaml:fit" in done.out
    assert (projects / "b/out").read_text() == "2"


def test_a_name_that_several_projects_have_is_asked_for(projects: Folder) -> None:
    done = run(projects, ".", "fit")
    assert done.status == Exit.USAGE
    assert "There are several stages `fit`: `a/dvc.yaml:fit`, `b/dvc.yaml:fit`" in done.err
    assert (projects / "b/out").read_text() == "1"


@pytest.mark.parametrize("place", [".", "a", "b"])
def test_an_unknown_name_is_an_error_everywhere(projects: Folder, place: str) -> None:
    done = run(projects, place, "typo")
    assert done.status == Exit.STATE
    assert "There is no stage `typo`" in done.err


def test_without_a_name_every_stale_stage_is_shown_once(projects: Folder) -> None:
    done = run(projects, ".", "--dry-run")
    assert done.out.count("b/dvc.yaml:fit") == 1
    assert "a/dvc.yaml" not in done.out
