"""A release of an older commit than the newest one has the highest number: each command says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.registry import change, train

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_it_takes_the_place_of_a_newer_commit_only_by_hand_and_with_a_note(project: Folder) -> None:
    train(project, "1.985")
    older = project.git("rev-parse", "HEAD").strip()
    train(project, "2.0")
    assert project.here("ci", "merged").status == Exit.DONE
    assert "line#staging#1" in project.git("tag")
    project.git("checkout", "-q", "--detach", older)
    project.dvc("checkout", "-q")
    released = change(project, "release", "line")
    (newest,) = {"v1.0.0"}
    assert (
        f"`line@{newest}` is of a newer commit than this one, and v1.0.1 is a higher number"
        in (released["notes"])
    )
    project.git("checkout", "-q", "main")
    project.dvc("checkout", "-q")
    again = project.here("ci", "merged", "--json").json()
    assert [each["outcome"] for each in again["steps"] if each["environment"]] == ["left"]
    assert "line#staging#2" not in project.git("tag")
    report = change(project, "promote", "line", "--to", "staging")
    assert "`line@v1.0.1` is of an older commit than v1.0.0, which `staging` held" in report["notes"]
