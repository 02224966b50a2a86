"""Surroundings: no repository, that of another user, a bare one, no network, no room for caches."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "https://unreachable.invalid/team/project.git"


@pytest.mark.parametrize("command", ["status", "diff", "check", "models", "history", "doctor", "init"])
def test_outside_a_repository_every_command_reports_it(tmp_path: Path, command: str) -> None:
    done = Folder(tmp_path).here(command)
    assert done.status == Exit.STATE
    assert done.out == ""
    assert "is not in a Git repository" in done.err
    assert "git init" in done.err


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = Folder(tmp_path).here("status", "-C", "nowhere")
    assert done.status == Exit.STATE
    assert "nowhere" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "check",
        "models",
        "get x@v1.0.0",
        "doctor",
        "init",
        "demo",
        "-C sub status",
        "ci pr",
        "--json push",
    ],
)
def test_a_current_folder_that_was_deleted_is_what_the_error_is_about(tmp_path: Path, command: str) -> None:
    script = f'mkdir gone && cd gone && rmdir ../gone && "$0" -m mlgit {command}'
    done = Folder(tmp_path).run("sh", "-c", script, sys.executable)
    assert done.status == Exit.STATE, done.err
    assert "The current folder does not exist any more" in done.err
    assert 'hint: go to another folder; if this one was made again, `cd "$PWD"` enters it' in done.err


def test_another_folder_can_be_named_where_the_current_one_was_deleted(project: Folder) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && "$0" -m mlgit -C "$1" models'
    done = project.run("sh", "-c", script, sys.executable, str(project.path))
    assert done.status == Exit.DONE, done.err


@pytest.mark.parametrize("folder", ["../origin.git", ".git"])
def test_a_folder_without_files_of_the_repository_is_refused(project: Folder, folder: str) -> None:
    done = Folder(project.path / folder).here("status")
    assert done.status == Exit.STATE
    assert "is in a repository, but not among its files" in done.err


def test_a_repository_of_another_user_is_refused_with_a_command_to_trust_it(project: Folder) -> None:
    # With this variable git treats every repository as that of another user.
    done = project.here("status", env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert done.status == Exit.STATE
    assert "belongs to another user" in done.err
    assert f"safe.directory {project.path}" in done.err


@pytest.mark.parametrize(
    "argv", [["status"], ["diff", "HEAD"], ["check"], ["models"], ["history"], ["doctor"], ["show", "line"]]
)
def test_reading_needs_no_network(project: Folder, argv: list[str]) -> None:
    project.git("remote", "set-url", "origin", NOWHERE)
    project.here("release", "line", "--local")
    done = project.here(*argv)
    assert done.status == Exit.DONE, done.err


def test_writing_without_a_network_is_a_tool_error_and_leaves_no_tag(project: Folder) -> None:
    project.git("remote", "set-url", "origin", NOWHERE)
    done = project.here("release", "line")
    assert done.status == Exit.TOOL
    assert "origin" in done.err
    assert project.git("tag") == ""


def test_caches_that_cannot_be_written_change_no_result(project: Folder) -> None:
    before = project.here("status", "--json").json()
    cache = project / ".git" / "mlgit"
    for file in sorted(cache.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    cache.rmdir()
    cache.write_text("in the way", encoding="utf-8")
    after = project.here("status", "--json")
    assert after.status == Exit.DONE, after.err
    assert after.json() | {"remote_seen_age_s": before["remote_seen_age_s"]} == before


def test_a_link_is_followed_inside_the_repository_but_not_out_of_it(
    empty_repository: Folder, tmp_path: Path
) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "m.json").write_text('{"secret": 1}', encoding="utf-8")
    empty_repository.write("real/m.json", '{"auc": 0.5}')
    empty_repository.write("dvc.yaml", "metrics: [inside.json, outside.json, folder/m.json]\n")
    (empty_repository / "inside.json").symlink_to("real/m.json")
    (empty_repository / "outside.json").symlink_to(tmp_path / "away" / "m.json")
    (empty_repository / "folder").symlink_to(tmp_path / "away")
    empty_repository.commit("Links")
    empty_repository.write("real/m.json", '{"auc": 0.7}')
    done = empty_repository.here("diff", "HEAD", "--json")
    assert [(change["file"], change["key"], change["old"]) for change in done.json()["metrics"]] == [
        ("inside.json", "auc", 0.5)
    ]
    assert "secret" not in done.out


@pytest.fixture
def read_only_project(project: Folder, tmp_path: Path) -> Iterator[Folder]:
    """The same project on a read-only mount."""
    place = tmp_path / "read-only"
    place.mkdir()
    for argv in (
        ["mount", "--bind", str(project.path), str(place)],
        ["mount", "-o", "remount,ro,bind", str(place)],
    ):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield Folder(place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("argv", [["status"], ["diff", "HEAD"], ["check"], ["models"], ["history"]])
def test_a_read_only_repository_can_be_read(read_only_project: Folder, argv: list[str]) -> None:
    done = read_only_project.here(*argv)
    assert done.status == Exit.DONE, done.err


@pytest.mark.parametrize("argv", [["release", "line", "--local"], ["init", "--force"]])
def test_writing_to_a_read_only_repository_is_an_error_and_not_a_bug(
    read_only_project: Folder, argv: list[str]
) -> None:
    done = read_only_project.here(*argv)
    assert done.status in {Exit.STATE, Exit.TOOL}
    assert "error: " in done.err
    assert read_only_project.git("tag") == ""
