"""Files that are read in the working tree although Git ignores them: the verdict is not of the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, notes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Folder

IGNORED = ["metrics/test.json", "src/train.py", "mlgit.yaml"]


@pytest.mark.parametrize("path", IGNORED)
def test_a_verdict_with_ignored_files_is_that_of_the_working_tree(project: Folder, path: str) -> None:
    before = check(project, status=Exit.DONE)
    assert before["candidate"]["label"] != "working tree"
    assert ("ignored_file", "note") not in notes(before)
    project.git("rm", "-q", "--cached", path)
    (project / ".git/info").mkdir(exist_ok=True)
    (project / ".git/info/exclude").write_text(f"{path}\n", encoding="utf-8")
    project.git("commit", "-qm", "Lose a file")
    assert project.git("status", "--short") == ""
    found = check(project, status=Exit.DONE)
    assert found["candidate"]["label"] == "working tree"
    (note,) = [each for each in found["notes"] if each["code"] == "ignored_file"]
    assert note["message"].startswith(f"`{path}` was read here and is not in the commit: Git ignores it")
    assert project.run("sh", "-c", note["hint"].partition("`")[2].partition("`")[0]).status == 0
    project.git("commit", "-qm", "Find it again")
    again = check(project, status=Exit.DONE)
    assert again["candidate"]["label"] != "working tree"
    assert ("ignored_file", "note") not in notes(again)


def test_data_of_dvc_is_in_no_commit_and_no_such_file(project: Folder) -> None:
    assert (project / "models/.gitignore").exists()
    assert ("ignored_file", "note") not in notes(check(project, status=Exit.DONE))


def _submodule(project: Folder, tmp_path: Path) -> None:
    project.git("init", "-q", str(tmp_path / "module"))
    module = project.__class__(tmp_path / "module")
    module.write("more", "1")
    module.commit("Begin")
    project.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(module.path), "place")


def _link(project: Folder, _: Path) -> None:
    project.write("elsewhere/more", "1")
    (project / "place").symlink_to("elsewhere")


@pytest.mark.parametrize("make", [_submodule, _link])
def test_what_is_in_a_submodule_or_behind_a_link_is_not_ignored(
    project: Folder, tmp_path: Path, make: Callable[[Folder, Path], None]
) -> None:
    make(project, tmp_path)
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("deps: [data/raw.csv,", "deps: [place/more, data/raw.csv,"))
    project.dvc("repro", "-q")
    project.commit("Read more")
    found = project.here("check", "--json").json()["verdict"]
    assert "ignored_file" not in {each["code"] for each in found["notes"]}
    assert found["candidate"]["label"] != "working tree"
