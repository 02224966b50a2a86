"""Templated pipelines are resolved as DVC itself runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mlgit.adapters.dvc.engine import resolve_pipeline
from mlgit.adapters.dvc.pointers import read_pipeline
from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.errors import ConfigError
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.pipeline import Pipeline

DVC_YAML = """\
vars:
  - names.yaml
  - suffix: txt
stages:
  each:
    foreach: ${names}
    do:
      cmd: echo ${item} > each-${item}.${suffix}
      outs: ["each-${item}.${suffix}"]
  grid:
    matrix:
      letter: [u, v]
      number: [1, 2]
    wdir: deep
    cmd: echo ${item.letter} ${rate} > ${item.letter}${item.number}
    params: [{../params.yaml: [rate]}]
    outs: ["${item.letter}${item.number}"]
  sum:
    cmd: cat each-*.txt deep/u1 > sum.${suffix}
    deps: ["each-a.${suffix}", deep/u1]
    metrics: ["sum.${suffix}": {cache: false}]
artifacts:
  line: {path: "each-a.${suffix}", type: model, labels: [small]}
plots:
  - sum.${suffix}
"""


def templated(place: Folder) -> None:
    """Write the pipeline above into an existing DVC repository and run it."""
    place.write("dvc.yaml", DVC_YAML)
    place.write("names.yaml", "names: [a, b]\n")
    place.write("params.yaml", "rate: 0.1\n")
    (place / "deep").mkdir()
    place.dvc("repro", "-q", "--all-pipelines")


@pytest.fixture
def at_root(empty_repository: Folder) -> Folder:
    empty_repository.dvc("init", "-q")
    templated(empty_repository)
    empty_repository.commit("Templated")
    return empty_repository


@pytest.fixture
def below_root(empty_repository: Folder) -> Folder:
    ml = Folder(empty_repository / "ml")
    ml.path.mkdir()
    ml.dvc("init", "-q", "--subdir")
    templated(ml)
    empty_repository.commit("Templated")
    return empty_repository


def lock(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    return found


def stage_list(folder: Folder) -> list[str]:
    return folder.dvc("stage", "list", "--all", "--name-only").split()


def assert_like_the_lock(pipeline: Pipeline, folder: Path, prefix: str) -> None:
    """Every stage's command, outputs and hashes are what DVC wrote after running it."""
    recorded = lock(folder)
    assert {stage.name for stage in pipeline.stages} == set(recorded)
    for stage in pipeline.stages:
        entry = recorded[stage.name]
        assert stage.cmd == (entry["cmd"],)
        base = prefix + ("deep/" if stage.name.startswith("grid") else "")
        assert {out.path: out.pointer and out.pointer.md5 for out in stage.outs} == {
            base + out["path"]: out["md5"] for out in entry["outs"]
        }
        assert stage.locked is not None
        assert stage.locked.cmd == stage.cmd
        assert set(stage.locked.outs) == {out.path for out in stage.outs}


def test_names_are_those_of_dvc_stage_list(at_root: Folder) -> None:
    pipeline = resolve_pipeline(str(at_root.path), None)
    assert sorted(stage.address for stage in pipeline.stages) == sorted(stage_list(at_root))


def test_commands_outputs_and_hashes_are_those_of_dvc_lock(at_root: Folder) -> None:
    assert_like_the_lock(resolve_pipeline(str(at_root.path), None), at_root.path, "")


def test_a_dvc_repository_below_the_git_root_counts_paths_from_the_git_root(below_root: Folder) -> None:
    pipeline = resolve_pipeline(str(below_root.path), None)
    assert_like_the_lock(pipeline, below_root / "ml", "ml/")
    assert sorted(stage.address for stage in pipeline.stages) == sorted(
        f"ml/dvc.yaml:{name}" for name in stage_list(Folder(below_root / "ml"))
    )
    assert pipeline.artifacts[0].name == "ml:line"
    assert pipeline.artifacts[0].path == "ml/each-a.txt"


@pytest.mark.parametrize("where", ["at_root", "below_root"])
def test_a_commit_is_resolved_like_the_working_tree_it_was_made_from(
    where: str, request: pytest.FixtureRequest
) -> None:
    folder: Folder = request.getfixturevalue(where)
    head = folder.git("rev-parse", "HEAD")
    assert resolve_pipeline(str(folder.path), head) == resolve_pipeline(str(folder.path), None)


def test_a_commit_is_resolved_with_its_own_variables(at_root: Folder) -> None:
    head = at_root.git("rev-parse", "HEAD")
    at_root.write("names.yaml", "names: [z]\n")
    before = {stage.name for stage in resolve_pipeline(str(at_root.path), head).stages}
    now = {stage.name for stage in resolve_pipeline(str(at_root.path), None).stages}
    assert {"each@a", "each@b"} <= before
    assert "each@z" in now
    assert "each@a" not in now


def test_parameters_keep_their_file_and_keys(at_root: Folder) -> None:
    stage = next(each for each in resolve_pipeline(str(at_root.path), None).stages if each.name == "grid@u-1")
    assert stage.wdir == "deep"
    assert stage.params == {"params.yaml": ("rate",)}
    assert stage.locked is not None
    assert stage.locked.params == {"params.yaml": {"rate": 0.1}}


def test_top_level_lists_are_resolved_too(at_root: Folder) -> None:
    pipeline = resolve_pipeline(str(at_root.path), None)
    assert pipeline.plots == ("sum.txt",)
    assert [(out.path, out.cached, out.metric) for out in pipeline.outputs if out.metric] == [
        ("sum.txt", False, True)
    ]


def test_without_templates_dvc_and_our_own_reader_agree(project: Folder) -> None:
    tree = WorkingTree(Git(str(project.path)), str(project.path))
    assert resolve_pipeline(str(project.path), None) == read_pipeline(tree, root=str(project.path))


def test_a_hash_that_is_none_is_refused_here_too(at_root: Folder) -> None:
    lock = (at_root / "dvc.lock").read_text(encoding="utf-8")
    first = re.search("[0-9a-f]{32}", lock)
    assert first is not None
    at_root.write("dvc.lock", lock.replace(first[0], "xx/etc/passwd"))
    with pytest.raises(ConfigError, match="not a hash of DVC's"):
        resolve_pipeline(str(at_root.path), None)


def test_our_reader_hands_templates_over(at_root: Folder) -> None:
    tree = WorkingTree(Git(str(at_root.path)), str(at_root.path))
    assert read_pipeline(tree, root=str(at_root.path)) == resolve_pipeline(str(at_root.path), None)


def test_a_repository_without_dvc_init_is_resolved_all_the_same(empty_repository: Folder) -> None:
    empty_repository.write("dvc.yaml", "vars: [{x: 1}]\nstages:\n  a:\n    cmd: echo ${x}\n")
    pipeline = resolve_pipeline(str(empty_repository.path), None)
    assert [stage.cmd for stage in pipeline.stages] == [("echo 1",)]
    assert not (empty_repository / ".dvc").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stages:\n  a:\n    cmd: [\n", 4),
        ("stages:\n  a:\n    cmd: echo\n    outz: [x]\n", 4),
        ("vars: [{a: 1}]\nstages:\n  a:\n    cmd: echo ${nope}\n", None),
        ("stages:\n  a:\n    cmd: x\n    outs: [o]\n  b:\n    cmd: y\n    outs: [o]\n", None),
    ],
    ids=["no yaml", "unknown key", "unknown variable", "one output of two stages"],
)
def test_an_invalid_file_is_a_config_error_with_dvcs_place(
    at_root: Folder, text: str, line: int | None
) -> None:
    (at_root / "dvc.lock").unlink()
    at_root.write("dvc.yaml", text)
    with pytest.raises(ConfigError) as caught:
        resolve_pipeline(str(at_root.path), None)
    assert caught.value.location is not None
    assert caught.value.location.path == "dvc.yaml"
    assert caught.value.location.line == line
