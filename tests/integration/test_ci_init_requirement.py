"""`mlgit ci init` pins what CI installs, and `mlgit ci update` finds a name that anyone may register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.ci_files import ACTION, OWN, RECORDED, ci, record_installation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

HERE = {"url": "file:///home/ada/mlgit", "dir_info": {"editable": True}}


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_the_recorded_commit_is_written_into_every_file(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    record_installation(tmp_path, monkeypatch, RECORDED)
    assert ci(project, "init", "--host", host)["requirement"] == OWN
    settings = [
        line
        for path in project.path.rglob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.endswith("# ci init: requirement")
    ]
    assert settings
    assert all(f"'{OWN}'" in line for line in settings)


def test_without_a_record_it_asks_and_the_hint_works(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_installation(tmp_path, monkeypatch, HERE)
    done = project.here("ci", "init", "--host", "github")
    assert done.status == Exit.USAGE
    assert "add `--requirement ''`" in done.err
    assert not (project / ".github").exists()
    done = project.here("ci", "init", "--host", "github", "--requirement", "")
    assert done.status == Exit.DONE, done.err


def test_a_bare_name_that_is_there_is_kept_and_found(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_installation(tmp_path, monkeypatch, RECORDED)
    ci(project, "init", "--host", "github")
    path = project / ACTION
    path.write_text(path.read_text(encoding="utf-8").replace(f"'{OWN}'", "'mlgit dvc-s3'"), encoding="utf-8")
    record = ci(project, "update", "--force", status=Exit.BLOCKED)
    assert record["requirement"] == "mlgit dvc-s3"
    assert any("package index" in note for note in record["notes"])
    assert "package index" in project.here("ci", "update").out
    # Written again, it is pinned; without a record it must be given.
    record_installation(tmp_path, monkeypatch, HERE)
    assert project.here("ci", "init", "--host", "github", "--force").status == Exit.USAGE


def test_a_bare_name_is_not_taken(project: Folder) -> None:
    done = project.here("ci", "init", "--host", "github", "--requirement", "mlgit")
    assert done.status == Exit.USAGE
    assert not (project / ".github").exists()


def test_a_requirement_as_pip_writes_it_is_taken_and_a_placeholder_is_not(project: Folder) -> None:
    address, commit = "git+https://forge.example/tools/mlgit", "5" * 40
    done = project.here("ci", "init", "--host", "github", "--requirement", f"mlgit @ {address}@COMMIT")
    assert done.status == Exit.USAGE
    assert "placeholder `COMMIT`" in done.err
    assert not (project / ".github").exists()
    record = ci(project, "init", "--host", "github", "--requirement", f"mlgit @ {address}@main")
    assert any(f"write `mlgit@{address}@`" in note for note in record["notes"])
    record = ci(project, "init", "--host", "github", "--requirement", f"mlgit @ {address}@{commit}")
    assert record["requirement"] == f"mlgit@{address}@{commit}"
    assert not any("digits" in note for note in record["notes"])
