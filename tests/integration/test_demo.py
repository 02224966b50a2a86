"""`mlgit demo`: the whole loop on a real project, and what happens to an earlier demo."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from mlgit.errors import StateError
from mlgit.flows.demo.folder import claim_folder, mark_finished
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
    assert done.status == 0, done.err
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
def test_the_repository_it_leaves_can_be_played_with(walked: tuple[Folder, Done]) -> None:
    project = Folder(walked[0] / "here" / "project")
    assert project.mlgit("status").status == 0
    assert "prod" in project.mlgit("history").out


@pytest.mark.slow
def test_no_run_only_creates_the_project(tmp_path: Path) -> None:
    done = Folder(tmp_path).mlgit("demo", "here", "--no-run")
    assert done.status == 0, done.err
    project = Folder(tmp_path / "here" / "project")
    assert project.git("status", "--porcelain") == ""
    assert project.git("rev-parse", "origin/main") == project.git("rev-parse", "HEAD")
    assert not (project.path / "dvc.lock").exists()
    assert len((project.path / "data" / "raw.csv").read_text().splitlines()) == 570


def test_a_missing_extra_is_told_with_the_line_to_type(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['sklearn'] = None\n")
    done = Folder(tmp_path).mlgit("demo", "here", env={"PYTHONPATH": str(tmp_path)})
    assert done.status == 5
    assert "`scikit-learn`" in done.err
    assert "pip install 'mlgit[demo]'" in done.err
    assert not (tmp_path / "here").exists()


def test_a_machine_without_git_is_told_so(tmp_path: Path) -> None:
    done = Folder(tmp_path).mlgit("demo", "here", env={"PATH": str(tmp_path)})
    assert done.status == 5
    assert "`git` is not installed" in done.err
    assert not (tmp_path / "here").exists()


def test_a_command_that_fails_stops_the_demo_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "dvc" / "config").parent.mkdir()
    (tmp_path / "dvc" / "config").write_text("[core")
    env = {"DVC_GLOBAL_CONFIG_DIR": str(tmp_path / "dvc")}
    done = Folder(tmp_path).mlgit("demo", "here", "--quiet", env=env)
    assert done.status == 5
    assert "`dvc init --quiet` ended with exit code" in done.err
    assert "expected 0" in done.err
    assert "here/project" in done.err
    # What is half built is no obstacle to another try.
    assert Folder(tmp_path).mlgit("demo", "here", "--quiet", env=env).status == 5


def earlier_demo(place: Path) -> Folder:
    """What a finished demo looks like to the next one."""
    claim_folder(str(place))
    Folder(place).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(place).git("clone", "-q", "origin.git", "project")
    project = Folder(place / "project")
    project.write("params.yaml", "C: 1\n")
    project.commit("Begin")
    mark_finished(str(place))
    return project


def test_an_untouched_earlier_demo_is_rebuilt(tmp_path: Path) -> None:
    project = earlier_demo(tmp_path / "here")
    claim_folder(str(tmp_path / "here"))
    assert not project.path.exists()


@pytest.mark.parametrize("change", ["file", "branch", "commit", "stash"])
def test_an_earlier_demo_that_was_changed_is_kept(tmp_path: Path, change: str) -> None:
    project = earlier_demo(tmp_path / "here")
    if change == "file":
        project.write("mine.txt", "precious")
    elif change == "branch":
        project.git("branch", "mine")
    elif change == "commit":
        project.git("commit", "-q", "--allow-empty", "-m", "Mine")
    else:
        project.write("params.yaml", "C: 2\n")
        project.git("stash", "-q")
    with pytest.raises(StateError, match="changed since"):
        claim_folder(str(tmp_path / "here"))
    assert project.path.exists()


def test_force_rebuilds_a_changed_demo(tmp_path: Path) -> None:
    project = earlier_demo(tmp_path / "here")
    project.write("mine.txt", "not precious")
    claim_folder(str(tmp_path / "here"), force=True)
    assert not project.path.exists()


def test_keep_builds_beside_an_earlier_demo(tmp_path: Path) -> None:
    project = earlier_demo(tmp_path / "here")
    assert claim_folder(str(tmp_path / "here"), keep=True) == str(tmp_path / "here-2")
    assert project.path.exists()


def test_keep_takes_the_name_itself_when_it_is_free(tmp_path: Path) -> None:
    assert claim_folder(str(tmp_path / "here"), keep=True) == str(tmp_path / "here")


def test_an_interrupted_demo_is_rebuilt(tmp_path: Path) -> None:
    claim_folder(str(tmp_path / "here"))
    (tmp_path / "here" / "project").mkdir()
    claim_folder(str(tmp_path / "here"))
    assert not (tmp_path / "here" / "project").exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_no_demo_is_never_touched(tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "project").mkdir()
    with pytest.raises(StateError, match="not an earlier demo"):
        claim_folder(str(tmp_path), force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    with pytest.raises(StateError, match="not a folder"):
        claim_folder(str(tmp_path / "here"))


def test_a_demo_inside_a_repository_does_not_show_up_there(empty_repository: Folder) -> None:
    claim_folder(str(empty_repository / "mlgit-demo"))
    assert empty_repository.git("status", "--porcelain") == ""
