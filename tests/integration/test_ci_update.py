"""`mlgit ci update` in real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit import __version__
from mlgit.errors import Exit
from tests.support.ci_files import ACTION, PR, RECORDED, age, ci, record_installation, refused, statuses, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.fixture(autouse=True)
def _installed_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_installation(tmp_path, monkeypatch, RECORDED)


def test_update_needs_something_to_update(project: Folder) -> None:
    done = project.here("ci", "update")
    assert done.status == Exit.STATE
    refused(done, "no CI templates of mlgit", "mlgit ci init --host github")


def test_update_asks_which_host_when_there_are_two(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    ci(project, "init", "--host", "gitlab")
    done = project.here("ci", "update")
    assert done.status == Exit.USAGE
    refused(done, "both hosts")
    assert ci(project, "update", "--host", "gitlab")["host"] == "gitlab"


def test_update_shows_and_applies_what_changed(project: Folder) -> None:
    ci(project, "init", "--host", "github", "--pipeline", "run")
    age(project, PR)
    before = tree(project)
    record = ci(project, "update", "--dry-run")
    assert statuses(record)[PR] == "update"
    assert tree(project) == before
    shown = project.here("ci", "update").out
    assert "-    time-out-minutes: 10" in shown
    assert "+    timeout-minutes: 10" in shown
    assert f"{PR}" in shown
    now = (project / PR).read_text(encoding="utf-8")
    assert "|| 'run' }}" in now
    assert set(statuses(ci(project, "update")).values()) == {"same"}


def test_update_keeps_edited_files_and_exits_with_1(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    age(project, PR)
    age(project, ACTION)
    with (project / PR).open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    mine = (project / PR).read_text(encoding="utf-8")
    record = ci(project, "update", status=Exit.BLOCKED)
    assert (statuses(record)[PR], statuses(record)[ACTION]) == ("conflict", "same")
    assert (project / PR).read_text(encoding="utf-8") == mine
    done = project.here("ci", "update")
    assert done.status == Exit.BLOCKED
    assert "-# mine" in done.out
    assert "apply the differences that you want by hand" in done.out
    assert statuses(ci(project, "update", "--force"))[PR] == "replace"
    assert "# mine" not in (project / PR).read_text(encoding="utf-8")


def test_update_does_not_restore_deleted_files(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    monitor = ".github/workflows/mlgit-monitor.yml"
    (project / monitor).unlink()
    record = ci(project, "update")
    assert statuses(record)[monitor] == "missing"
    assert not (project / monitor).exists()
    assert "mlgit ci init" in project.here("ci", "update").out


def test_update_moves_the_pin_of_mlgit_and_adds_new_environments(project: Folder) -> None:
    ci(project, "init", "--host", "gitlab", "--requirement", "mlgit==0.0.1", "--requirement", "dvc-ssh")
    full = project / ".gitlab" / "mlgit" / "full.yml"
    full.write_text(full.read_text(encoding="utf-8").replace("\r", ""), encoding="utf-8")
    text = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", f"{text}  canary: {{}}\n")
    record = ci(project, "update")
    assert record["requirement"] == f"mlgit=={__version__} dvc-ssh"
    assert statuses(record)[".gitlab/mlgit/full.yml"] == "update"
    assert "environment: 'canary'" in full.read_text(encoding="utf-8")


def test_a_checkout_on_windows_counts_as_unedited(project: Folder) -> None:
    ci(project, "init", "--host", "github")
    path = project / PR
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert statuses(ci(project, "update"))[PR] == "same"


def test_json_of_a_refusal_is_an_error_document(project: Folder) -> None:
    done = project.here("ci", "update", "--json")
    assert json.loads(done.out)["error"]["code"] == "state"
