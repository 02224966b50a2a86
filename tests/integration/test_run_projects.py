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
    return Folder(folder / place).here("run", *words)


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


@pytest.fixture
def nested(projects: Folder) -> Folder:
    """A DVC repository at the root, too, with a stage of its own; each has its own remote."""
    projects.dvc("init", "-q")
    projects.write("dvc.yaml", STAGE)
    projects.write("in", "1")
    for place in (".", "a", "b"):
        remote = projects.path.parent / f"storage-{len(place)}{place.strip('.')}"
        Folder(projects / place).dvc("remote", "add", "-q", "-d", "storage", str(remote))
    projects.dvc("repro", "-q")
    projects.commit("The root, too")
    return projects


def test_a_project_below_another_one_runs_and_is_up_to_date(nested: Folder) -> None:
    stale = nested.here("status", "--json").json()
    assert [each["address"] for each in stale["stages"]] == ["b/dvc.yaml:fit"]
    assert stale["next"]["command"] == "mlgit run"
    done = run(nested, ".")
    assert done.status == Exit.DONE, done.err
    assert "ran: b/dvc.yaml:fit" in done.out
    assert (nested / "b/out").read_text() == "2"
    assert nested.here("status", "--json").json()["stages"] == []


def test_targets_belong_to_the_innermost_project(nested: Folder) -> None:
    nested.write("in", "3")
    assert "ran: b/dvc.yaml:fit" in run(nested, ".", "b/dvc.yaml:fit").out
    assert (nested / "out").read_text() == "1"
    assert "ran: fit" in run(nested, ".", "dvc.yaml:fit").out
    assert (nested / "out").read_text() == "3"


def test_the_data_of_every_project_is_pushed_and_pulled(nested: Folder) -> None:
    nested.git("init", "-q", "--bare", "../origin.git")
    nested.git("remote", "add", "origin", "../origin.git")
    assert run(nested, ".").status == Exit.DONE
    nested.commit("Run")
    done = nested.here("push")
    assert done.status == Exit.DONE, done.err
    for place in ("1", "1a", "1b"):
        assert len([*(nested.path.parent / f"storage-{place}").rglob("*/??/*")]) == 1
    found = nested.here("doctor", "--online", "--json").json()["findings"]
    assert {each["id"] for each in found} == {"no_config"}


def test_no_project_is_looked_for_in_data(nested: Folder) -> None:
    nested.write("data/x/.dvc/config", "not a config")
    nested.write("data/x/dvc.yaml", STAGE)
    nested.dvc("add", "-q", "data")
    assert run(nested, ".").status == Exit.DONE
