"""Files that are read in the working tree although Git ignores them: the verdict is not of the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, notes

if TYPE_CHECKING:
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
    assert note["message"].startswith(f"`{path}` was read here and is in no commit")
    assert project.run("sh", "-c", note["hint"].partition("`")[2].partition("`")[0]).status == 0
    project.git("commit", "-qm", "Find it again")
    again = check(project, status=Exit.DONE)
    assert again["candidate"]["label"] != "working tree"
    assert ("ignored_file", "note") not in notes(again)


def test_data_of_dvc_is_in_no_commit_and_no_such_file(project: Folder) -> None:
    assert (project / "models/.gitignore").exists()
    assert ("ignored_file", "note") not in notes(check(project, status=Exit.DONE))
