"""Staleness at a commit: the same as DVC reports in a fresh clone with its data."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.dvc_answers import dvc_reasons
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAGE = "  {name}:\n    cmd: echo {name} > {name}.out\n    deps: [{deps}]\n    outs: [{name}.out]\n"
STAGES = {
    "mixed": "mix",
    "above": "mix, bare",
    "ignoring": "src",
    "linked": "links",
    "through": "shortcut, shortcut/a.py, links/file",
    "plain": "plain",
}
FILES = {
    "mix/README": "read me",
    "mix/raw.csv": "1,2",
    "mix/many/a": "a",
    "mix/many/deep/b": "b",
    "bare/one": "1",
    "src/a.py": "a",
    "src/tests/t.py": "t",
    ".dvcignore": "src/tests\n",
    "plain/x": "x",
    "real": "real",
}


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Stages that depend on folders, run and committed."""
    work = Folder(tmp_path_factory.mktemp("committed") / "work")
    for name, text in FILES.items():
        work.write(name, text)
    (work / "links").mkdir()
    (work / "links/file").symlink_to("../real")
    (work / "links/data").symlink_to("../mix/raw.csv")
    (work / "links/folder").symlink_to("../plain")
    (work / "shortcut").symlink_to("src")
    work.git("init", "-q", "-b", "main")
    work.dvc("init", "-q")
    work.write(".dvcignore", FILES[".dvcignore"])
    work.dvc("add", "-q", "mix/raw.csv", "mix/many", "bare/one")
    stages = "".join(STAGE.format(name=name, deps=deps) for name, deps in STAGES.items())
    work.write("dvc.yaml", f"stages:\n{stages}")
    work.dvc("repro", "-q")
    work.commit("Run")
    return work


@pytest.fixture
def work(committed: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(committed.path, tmp_path / "work", symlinks=True)
    return Folder(tmp_path / "work")


def at_head(folder: Folder) -> tuple[dict[str, set[str]], set[str]]:
    """Reasons by address, and the addresses of unchecked stages."""
    from mlgit.project.opening import open_project
    from mlgit.project.pipeline.evidence import evidence

    project = open_project(str(folder.path), now=NOW)
    try:
        states = evidence(project, project.head.commit).stages
    finally:
        project.close()
    return (
        {state.address: set(state.reasons) for state in states if state.reasons},
        {text for state in states for text in state.unchecked},
    )


def in_a_clone(folder: Folder, place: Path) -> dict[str, set[str]]:
    """DVC's reasons in a fresh clone with the same cache."""
    Folder(place.parent).git("clone", "-q", str(folder.path), place.name)
    clone = Folder(place)
    clone.dvc("cache", "dir", "--local", str(folder / ".dvc/cache"))
    clone.dvc("checkout", "-q")
    return dvc_reasons(clone)


def test_a_pipeline_that_was_run_and_committed_is_fresh(work: Folder, tmp_path: Path) -> None:
    assert in_a_clone(work, tmp_path / "clone") == {}
    assert at_head(work) == ({}, set())
    assert work.here("check", "--rev", "HEAD").status == Exit.DONE


def test_every_change_in_a_folder_is_seen(work: Folder, tmp_path: Path) -> None:
    for name in ("mix/raw.csv", "mix/many/deep/b", "src/a.py", "src/tests/t.py", "plain/x", "real"):
        path = work / name
        path.chmod(0o644)
        path.write_text(f"{name} changed", encoding="utf-8")
    work.dvc("add", "-q", "mix/raw.csv", "mix/many")
    work.commit("Change")
    expected = in_a_clone(work, tmp_path / "clone")
    assert at_head(work) == (expected, set())
    assert expected.keys() == STAGES.keys()


def test_a_listing_that_is_not_here_leaves_the_folder_unchecked(work: Folder) -> None:
    shutil.rmtree(work / ".dvc/cache")
    reasons, unchecked = at_head(work)
    assert reasons == {}
    assert unchecked == {"dep mix was not checked: it is not here"}


def test_links_out_of_the_commit_are_not_checked(work: Folder, tmp_path: Path) -> None:
    for name in ("links/file", "shortcut"):
        (work / name).unlink()
        (work / name).symlink_to(tmp_path / "nowhere")
    work.commit("Lead away")
    _, unchecked = at_head(work)
    assert unchecked == {
        f"dep {dep} was not checked: it is outside the repository and not on this machine"
        for dep in ("links/file", "links", "shortcut", "shortcut/a.py")
    }


def test_files_outside_are_neither_deleted_nor_changed(work: Folder, tmp_path: Path) -> None:
    outside = Folder(tmp_path / "outside")
    outside.write("in", "1")
    work.write(
        "sub/dvc.yaml",
        "stages:\n  s:\n    cmd: cp ../../outside/in ../../outside/out\n"
        "    deps: [../../outside/in]\n    outs: [../../outside/out: {cache: false}]\n",
    )
    work.dvc("repro", "-q", "sub/dvc.yaml")
    work.dvc("import-url", "-q", "../outside/in", "imported")
    imported = work / "imported.dvc"
    imported.write_text(imported.read_text(encoding="utf-8").replace("frozen: true\n", ""), encoding="utf-8")
    work.commit("Depend on what is outside")
    assert at_head(work) == ({}, set())
    outside.write("in", "2")
    reasons, unchecked = at_head(work)
    assert (reasons["sub/dvc.yaml:s"], unchecked) == ({"changed dep ../outside/in"}, set())
    for name in ("in", "out"):
        (outside / name).unlink()
    expected = {
        f"{what} was not checked: it is outside the repository and not on this machine"
        for what in ("dep ../outside/in", "output ../outside/out")
    }
    assert at_head(work) == ({}, expected)


def test_a_file_that_replaces_a_folder_is_not_a_link(work: Folder) -> None:
    shutil.rmtree(work / "src")
    work.write("src", "plain")
    (work / "shortcut").unlink()
    work.write("shortcut", "src")
    work.commit("Files instead")
    reasons, unchecked = at_head(work)
    assert reasons["through"] == {"changed dep shortcut", "deleted dep shortcut/a.py"}
    assert unchecked == set()


def test_circular_links_do_not_hang(work: Folder) -> None:
    (work / "shortcut").unlink()
    (work / "shortcut").symlink_to("shortcut")
    work.commit("Turn in circles")
    assert "dep shortcut was not checked: it is not here" in at_head(work)[1]


def test_a_dependency_in_a_submodule_is_compared_at_its_recorded_commit(work: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    other.write("in", "1")
    other.git("init", "-q", "-b", "main")
    other.commit("Other")
    work.git("submodule", "--quiet", "add", str(other.path), "module")
    more = STAGE.format(name="foreign", deps="module, module/in")
    work.write("dvc.yaml", (work / "dvc.yaml").read_text(encoding="utf-8") + more)
    work.dvc("repro", "-q", "foreign")
    work.commit("Depend on it")
    reasons, unchecked = at_head(work)
    assert reasons == {}
    assert unchecked == set()
    other.write("in", "2")
    other.commit("Move on")
    work.git("-C", "module", "pull", "-q")
    work.commit("Take the newest")
    assert at_head(work)[0] == {"foreign": {"changed dep module", "changed dep module/in"}}
    work.git("submodule", "--quiet", "deinit", "-f", "module")
    reasons, unchecked = at_head(work)
    assert reasons == {}
    assert unchecked == {
        "dep module was not checked: its submodule is not checked out here",
        "dep module/in was not checked: its submodule is not checked out here",
    }
