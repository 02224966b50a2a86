"""A templated dvc.yaml as DVC fills it in is cached, until any file that it is made from changes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc import engine
from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.objects import CommitTree, Objects
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.adapters.memory import Memory
from mlgit.errors import ConfigError
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlgit.core.pipeline.stages import Pipeline
    from tests.support.shell import Folder

PIPELINE = """\
vars: [v.yaml, {own: 1}]
stages:
  a:
    cmd: run ${v} ${own} ${p} ${switch}
  deep:
    wdir: deep
    vars: [w.json]
    cmd: run ${w}
"""


@pytest.fixture
def templated(empty_repository: Folder) -> Folder:
    empty_repository.write(".dvc/config", "")
    empty_repository.write("dvc.yaml", PIPELINE)
    empty_repository.write("v.yaml", "v: 1\nswitch: {on: true, off: false}\n")
    empty_repository.write("params.yaml", "p: 1\n")
    empty_repository.write("deep/w.json", '{"w": 1}')
    return empty_repository


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def read(folder: Folder, cache: Path | None) -> Pipeline:
    tree = WorkingTree(Git(str(folder.path)), str(folder.path))
    return read_pipeline(tree, root=str(folder.path), folder=None if cache is None else str(cache))


def without_dvc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if DVC is asked from now on."""
    monkeypatch.setattr(engine, "fill_in", lambda *_, **__: pytest.fail("DVC was asked"))


def test_dvc_is_asked_once(templated: Folder, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(templated, cache)
    without_dvc(monkeypatch)
    assert read(templated, cache) == first
    assert [each.why for each in first.handed_over] == ["uses `vars` (line 1)"]


def test_status_with_templates_starts_without_dvc_the_second_time(templated: Folder) -> None:
    templated.commit("Templated")
    first = templated.mlgit("status", "--json", env={"PYTHONPROFILEIMPORTTIME": "1"})
    again = templated.mlgit("status", "--json", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "dvc.parsing" in first.err
    assert "dvc." not in again.err.replace("mlgit.adapters.dvc.", "")
    assert again.json()["handed_over"] == first.json()["handed_over"] != []
    assert_valid(again.json(), "status")


EDITS: dict[str, Callable[[Folder], object]] = {
    "the file": lambda folder: folder.write("dvc.yaml", PIPELINE.replace("own: 1", "own: 2")),
    "a file of variables": lambda folder: folder.write("v.yaml", "v: 2\nswitch: {on: true}\n"),
    "the default file": lambda folder: folder.write("params.yaml", "p: 2\n"),
    "a stage's own file": lambda folder: folder.write("deep/w.json", '{"w": 2}'),
    "DVC's settings": lambda folder: folder.write(".dvc/config", "[parsing]\n    bool = boolean_optional\n"),
    "local settings": lambda folder: folder.write(
        ".dvc/config.local", "[parsing]\n    bool = boolean_optional\n"
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_any_source_asks_dvc_again(templated: Folder, cache: Path, name: str) -> None:
    before = read(templated, cache)
    EDITS[name](templated)
    after = read(templated, cache)
    assert after == read(templated, None)
    assert [stage.cmd for stage in after.stages] != [stage.cmd for stage in before.stages]


def test_undoing_an_edit_finds_the_earlier_result(
    templated: Folder, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(templated, cache)
    templated.write("params.yaml", "p: 2\n")
    read(templated, cache)
    templated.write("params.yaml", "p: 1\n")
    without_dvc(monkeypatch)
    assert read(templated, cache) == first


def test_a_new_default_file_counts(templated: Folder, cache: Path) -> None:
    (templated / "params.yaml").unlink()
    templated.write("v.yaml", "v: 1\np: 1\nswitch: {on: true}\n")
    read(templated, cache)
    templated.write("params.yaml", "p: 3\n")
    with pytest.raises(ConfigError, match="cannot redefine `p`"):
        read(templated, cache)


def test_a_deleted_file_of_variables_is_an_error(templated: Folder, cache: Path) -> None:
    read(templated, cache)
    (templated / "v.yaml").unlink()
    with pytest.raises(ConfigError, match=r"`v\.yaml` does not exist"):
        read(templated, cache)


@pytest.mark.parametrize("damage", ["", "{", "{}", "[{}]", '[{"key": "", "reads": [], "why": ""}]'])
def test_a_broken_cache_is_ignored_and_rewritten(
    templated: Folder, cache: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    first = read(templated, cache)
    (file,) = (cache / "resolved").iterdir()
    Memory(str(file.parent), file.name, format_number=2).write(damage.encode())
    assert read(templated, cache) == first
    without_dvc(monkeypatch)
    assert read(templated, cache) == first


def test_a_cache_that_cannot_be_written_only_costs_time(templated: Folder, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    assert read(templated, blocked) == read(templated, None)


def test_a_result_that_json_would_change_is_not_cached(templated: Folder, cache: Path) -> None:
    templated.write("dvc.yaml", "vars: [{a: 1}]\nstages:\n  a:\n    cmd: x ${a}\n    meta: {1: one}\n")
    assert read(templated, cache) == read(templated, cache)
    assert not (cache / "resolved").exists()


SWITCH = "vars: [{eval: {full: false}}]\nstages:\n  a:\n    cmd: run ${eval}\n"
OPTIONAL = "[parsing]\n    bool = boolean_optional\n"


@pytest.mark.parametrize("place", ["", "sub/"])
def test_a_commit_is_filled_in_by_its_own_settings(empty_repository: Folder, place: str) -> None:
    empty_repository.write(f"{place}.dvc/config", "")
    empty_repository.write(f"{place}dvc.yaml", SWITCH)
    old = empty_repository.commit("Trunk")
    empty_repository.write(f"{place}.dvc/config", OPTIONAL)
    empty_repository.write(f"{place}.dvc/config.local", "")
    new = empty_repository.commit("Other settings")
    root = str(empty_repository.path)
    git = Git(root)
    with closing(Objects(git)) as objects:
        trees = [CommitTree(git, objects, commit) for commit in (old, new)]
        found = [read_pipeline(tree, root=root).stages[0].cmd for tree in trees]
    assert found == [("run ",), ("run --no-full",)]


def test_settings_that_fill_in_nothing_do_not_ask_dvc_again(
    templated: Folder, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(templated, cache)
    without_dvc(monkeypatch)
    templated.write(".dvc/config.local", "['remote \"storage\"']\n    password = x\n")
    assert read(templated, cache) == first
