"""`mlgit demo`: the whole loop on a real project, and the folders that it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from mlgit.errors import Exit
from mlgit.flows.demo.walk import _environment
from mlgit.resources import schema_text
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Done]:
    """One whole demo, with a space in its path, on a machine without a Git identity."""
    place = Folder(tmp_path_factory.mktemp("a demo"))
    names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")]
    without = [word for name in names for word in ("-u", name)]
    return place, place.run("env", *without, sys.executable, "-m", "mlgit", "demo", "here", "--json")


@pytest.mark.slow
def test_the_demo_walks_the_whole_loop(walked: tuple[Folder, Done]) -> None:
    _, done = walked
    assert done.status == Exit.DONE, done.err
    demo = done.json()
    assert demo["walked"]
    commands = [step["command"] for step in demo["steps"]]
    assert commands[-1] == "mlgit history tumor"
    assert any(command.startswith("mlgit rollback") for command in commands)
    assert {step["exit_code"] for step in demo["steps"]} == {0, 1, None}


@pytest.mark.slow
def test_its_json_is_valid_against_its_schema(walked: tuple[Folder, Done]) -> None:
    jsonschema.validate(walked[1].json(), json.loads(schema_text("demo")))


@pytest.mark.slow
def test_it_leaves_prod_on_the_first_version_and_staging_on_the_second(walked: tuple[Folder, Done]) -> None:
    project = Folder(walked[0] / "here" / "project")
    shown = json.loads(project.ok("gto", "show", "--json"))
    assert shown["tumor"]["stage"] == {"prod": "v1.0.0", "staging": "v1.1.0"}


@pytest.mark.slow
def test_it_leaves_a_clean_repository_whose_tags_are_in_its_origin(walked: tuple[Folder, Done]) -> None:
    project, origin = (Folder(walked[0] / "here" / name) for name in ("project", "origin.git"))
    assert project.git("status", "--porcelain") == ""
    assert project.git("tag") == origin.git("tag")
    assert "tumor@v1.1.0" in origin.git("tag").splitlines()


@pytest.mark.slow
def test_mlgit_works_in_the_repository_it_leaves(walked: tuple[Folder, Done]) -> None:
    project = Folder(walked[0] / "here" / "project")
    status = project.here("status")
    assert status.status == 0
    assert "Gates     ✓ allowed" in status.out
    assert "only because of its name" not in status.out
    assert "prod" in project.here("history").out


def test_git_gives_no_advice_in_it(empty_repository: Folder) -> None:
    empty_repository.git("commit", "-q", "--allow-empty", "-m", "Start")
    done = subprocess.run(
        ["git", "merge-base", "HEAD", "HEAD"],
        cwd=empty_repository.path,
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout != "", done.stderr) == (True, "")


@pytest.mark.slow
def test_no_run_only_creates_the_project(tmp_path: Path) -> None:
    done = Folder(tmp_path).here("demo", "here", "--no-run")
    assert done.status == Exit.DONE, done.err
    project = Folder(tmp_path / "here" / "project")
    assert project.git("status", "--porcelain") == ""
    assert project.git("rev-parse", "origin/main") == project.git("rev-parse", "HEAD")
    assert not (project.path / "dvc.lock").exists()
    assert len((project.path / "data" / "raw.csv").read_text().splitlines()) == 570


def test_a_missing_extra_is_an_error_with_the_command_that_installs_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['sklearn'] = None\n")
    done = Folder(tmp_path).mlgit("demo", "here", env={"PYTHONPATH": str(tmp_path)})
    assert done.status == Exit.TOOL
    assert "`scikit-learn`" in done.err
    assert "pip install 'mlgit[demo]'" in done.err
    assert not (tmp_path / "here").exists()


def test_a_machine_without_git_is_an_error(tmp_path: Path) -> None:
    done = Folder(tmp_path).mlgit("demo", "here", env={"PATH": str(tmp_path)})
    assert done.status == Exit.TOOL
    assert "`git` is not installed" in done.err
    assert not (tmp_path / "here").exists()


def test_a_command_that_fails_stops_the_demo_and_shows_its_output(tmp_path: Path) -> None:
    (tmp_path / "dvc" / "config").parent.mkdir()
    (tmp_path / "dvc" / "config").write_text("[core")
    env = {"DVC_GLOBAL_CONFIG_DIR": str(tmp_path / "dvc")}
    done = Folder(tmp_path).here("demo", "here", "--quiet", env=env)
    assert done.status == Exit.TOOL
    assert "`dvc init --quiet` ended with exit code" in done.err
    assert "expected 0" in done.err
    assert "here/project" in done.err


@pytest.mark.parametrize("options", [(), ("--no-run",)])
def test_a_folder_that_is_not_empty_is_refused_and_not_touched(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "here" / "project").mkdir(parents=True)
    done = Folder(tmp_path).here("demo", str(tmp_path / "here"), *options)
    assert done.status == Exit.STATE
    assert "here` is not empty" in done.err
    assert "name a new folder: `mlgit demo DIR`" in done.err
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["project"]


def test_a_file_at_its_path_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    done = Folder(tmp_path).here("demo", str(tmp_path / "here"))
    assert done.status == Exit.STATE
    assert "is not a folder" in done.err


@pytest.mark.slow
def test_a_demo_inside_a_repository_does_not_show_up_there(empty_repository: Folder) -> None:
    (empty_repository / "mlgit-demo").mkdir()
    done = empty_repository.here("demo", "--no-run")
    assert done.status == Exit.DONE, done.err
    assert (empty_repository / "mlgit-demo" / "project" / "mlgit.yaml").exists()
    assert empty_repository.git("status", "--porcelain") == ""
