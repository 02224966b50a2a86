"""Templated pipelines are resolved as DVC itself runs them."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.objects import CommitTree, Objects
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.errors import ConfigError
from tests.support.dvc_index import resolve_pipeline
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.pipeline.stages import Pipeline

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


def read(folder: Folder, commit: str | None = None) -> Pipeline:
    """The pipeline of the working tree or of a commit, by mlgit's reader."""
    git = Git(str(folder.path))
    if commit is None:
        found = read_pipeline(WorkingTree(git, str(folder.path)), root=str(folder.path))
    else:
        with contextlib.closing(Objects(git)) as objects:
            found = read_pipeline(CommitTree(git, objects, commit), root=str(folder.path))
    return replace(found, handed_over=())


def lock(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    return found


def stage_list(folder: Folder) -> list[str]:
    return folder.dvc("stage", "list", "--all", "--name-only").split()


def assert_like_the_lock(pipeline: Pipeline, folder: Path, prefix: str) -> None:
    """Check that every stage has the command, outputs and hashes that DVC wrote after running it."""
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
    pipeline = read(at_root)
    assert sorted(stage.address for stage in pipeline.stages) == sorted(stage_list(at_root))


def test_commands_outputs_and_hashes_are_those_of_dvc_lock(at_root: Folder) -> None:
    assert_like_the_lock(read(at_root), at_root.path, "")


def test_paths_of_a_dvc_repository_below_the_git_root_start_at_the_git_root(below_root: Folder) -> None:
    pipeline = read(below_root)
    assert_like_the_lock(pipeline, below_root / "ml", "ml/")
    assert sorted(stage.address for stage in pipeline.stages) == sorted(
        f"ml/dvc.yaml:{name}" for name in stage_list(Folder(below_root / "ml"))
    )
    assert pipeline.artifacts[0].name == "ml:line"
    assert pipeline.artifacts[0].path == "ml/each-a.txt"


@pytest.mark.parametrize("where", ["at_root", "below_root"])
def test_a_commit_is_resolved_like_its_working_tree(where: str, request: pytest.FixtureRequest) -> None:
    folder: Folder = request.getfixturevalue(where)
    head = folder.git("rev-parse", "HEAD")
    assert read(folder, head) == read(folder)


def test_a_commit_is_resolved_with_its_own_variables(at_root: Folder) -> None:
    head = at_root.git("rev-parse", "HEAD")
    at_root.write("names.yaml", "names: [z]\n")
    before = {stage.name for stage in read(at_root, head).stages}
    now = {stage.name for stage in read(at_root).stages}
    assert {"each@a", "each@b"} <= before
    assert "each@z" in now
    assert "each@a" not in now


def test_parameters_keep_their_file_and_keys(at_root: Folder) -> None:
    stage = next(each for each in read(at_root).stages if each.name == "grid@u-1")
    assert stage.wdir == "deep"
    assert stage.params == {"params.yaml": ("rate",)}
    assert stage.locked is not None
    assert stage.locked.params == {"params.yaml": {"rate": 0.1}}


def test_top_level_lists_are_also_resolved(at_root: Folder) -> None:
    pipeline = read(at_root)
    assert pipeline.plots == ("sum.txt",)
    assert [(out.path, out.cached, out.metric) for out in pipeline.outputs if out.metric] == [
        ("sum.txt", False, True)
    ]


def test_without_templates_dvcs_own_index_is_the_same(project: Folder) -> None:
    assert read(project) == resolve_pipeline(str(project.path), None)


@pytest.mark.parametrize("where", ["at_root", "below_root"])
def test_with_templates_dvcs_own_index_is_the_same(where: str, request: pytest.FixtureRequest) -> None:
    folder: Folder = request.getfixturevalue(where)
    assert read(folder) == resolve_pipeline(str(folder.path), None)
    head = folder.git("rev-parse", "HEAD")
    assert read(folder, head) == resolve_pipeline(str(folder.path), head)


def test_an_invalid_hash_is_also_refused_with_templates(at_root: Folder) -> None:
    lock = (at_root / "dvc.lock").read_text(encoding="utf-8")
    first = re.search("[0-9a-f]{32}", lock)
    assert first is not None
    at_root.write("dvc.lock", lock.replace(first[0], "xx/etc/passwd"))
    with pytest.raises(ConfigError, match="not a hash of DVC's"):
        read(at_root)


def test_a_repository_without_dvc_init_is_also_resolved(empty_repository: Folder) -> None:
    empty_repository.write("dvc.yaml", "vars: [{x: 1}]\nstages:\n  a:\n    cmd: echo ${x}\n")
    pipeline = read(empty_repository)
    assert [stage.cmd for stage in pipeline.stages] == [("echo 1",)]
    assert not (empty_repository / ".dvc").exists()


WRONG = {
    "no yaml": ("stages:\n  a:\n    cmd: [\n", 4, "not valid YAML"),
    "unknown key": ("vars: []\nstages:\n  a:\n    cmd: x\n    outz: [x]\n", 5, "did you mean `outs`?"),
    "unknown key above": ("stagez: {}\n", 1, "did you mean `stages`?"),
    "unknown flag": (
        "stages:\n  a:\n    cmd: x\n    outs:\n    - o: {cach: no}\n",
        5,
        "did you mean `cache`?",
    ),
    "no list": ("stages:\n  a:\n    cmd: ${x}\n    deps: x\n", 4, "expected a list"),
    "unknown variable": ("stages:\n  a:\n    cmd: echo\n    deps: ['${nope}']\n", 4, "could not find `nope`"),
    "in a loop": (
        "stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: ${item.x}\n",
        5,
        "could not find `item.x`",
    ),
    "in a matrix": (
        "stages:\n  a:\n    matrix: {x: [1]}\n    cmd: ${item.y}\n",
        4,
        "could not find `item.y`",
    ),
    "no loop": (
        "stages:\n  a:\n    foreach: abc\n    do:\n      cmd: x\n",
        3,
        "expected list/dictionary, got str",
    ),
    "no syntax": ("stages:\n  a:\n    cmd: x ${a[b}\n", 3, "expected end of text, found `[`"),
    "no such file": ("stages: {}\nvars: [v.yaml]\n", 2, "`v.yaml` does not exist"),
    "no such key": ("stages: {}\nvars: ['params.yaml:x']\n", 2, "cannot partially load `params.yaml:x`"),
    "outside": ("stages: {}\nvars: [../x.yaml]\n", 2, "outside the repository"),
    "twice": ("vars: [{a: 1}, {a: 2}]\nstages: {}\n", 1, "cannot redefine `a`"),
    "a plot": ("plots:\n- ${nope}\n", 2, "could not find `nope`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_template_that_cannot_be_filled_in_is_an_error_with_its_line(
    empty_repository: Folder, case: str
) -> None:
    text, line, words = WRONG[case]
    empty_repository.write("dvc.yaml", text)
    empty_repository.write("params.yaml", "rate: 0.1\n")
    with pytest.raises(ConfigError) as caught:
        read(empty_repository)
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.location is not None
    assert (caught.value.location.path, caught.value.location.line) == ("dvc.yaml", line)


def test_an_invalid_file_of_variables_is_named_with_its_line(empty_repository: Folder) -> None:
    empty_repository.write("names.yaml", "names:\n  - [\n")
    empty_repository.write("dvc.yaml", "vars: [names.yaml]\n")
    with pytest.raises(ConfigError) as caught:
        read(empty_repository)
    assert str(caught.value.location).startswith("names.yaml:3")


def test_settings_of_dvc_count(empty_repository: Folder) -> None:
    empty_repository.dvc("init", "-q")
    empty_repository.write("names.yaml", "names: {a: false, b: [1, 2]}\n")
    empty_repository.write("dvc.yaml", "vars: [names.yaml]\nstages:\n  a:\n    cmd: run ${names}\n")
    assert read(empty_repository).stages[0].cmd == ("run --b 1 2",)
    empty_repository.dvc("config", "parsing.list", "append")
    empty_repository.dvc("config", "--local", "parsing.bool", "boolean_optional")
    assert read(empty_repository).stages[0].cmd == ("run --no-a --b 1 --b 2",)
    assert read(empty_repository) == resolve_pipeline(str(empty_repository.path), None)
