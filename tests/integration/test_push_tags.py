"""`mlgit push` and tags that the remote lacks: which are pushed, and which are only named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.wording import word
from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def remote_tags(folder: Folder) -> set[str]:
    lines = folder.git("ls-remote", "--refs", "--tags", "origin").splitlines()
    return {line.split("\trefs/tags/")[1] for line in lines}


def tag(folder: Folder, name: str, *, by: str = "Ada") -> None:
    who = {"GIT_COMMITTER_NAME": by, "GIT_COMMITTER_EMAIL": f"{by.lower()}@example.org"}
    folder.git("tag", "-a", name, "-m", name, env=who)


def steps(folder: Folder) -> dict[str, Any]:
    done = folder.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    return {each["tag"]: (each["step"], each["reason"]) for each in done.json()["tags"]}


def by_clone(project: Folder) -> Folder:
    tag(project, "line#prod#1")
    project.git("push", "-q", "origin", "line#prod#1")
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(project.path.parent / "other"))
    return Folder(project.path.parent / "other")


def by_push(project: Folder) -> Folder:
    tag(project, "line#prod#1")
    assert project.here("push").status == Exit.DONE
    return project


def by_fetch_of_another_persons(project: Folder) -> Folder:
    other = by_clone(project)
    other.git("tag", "-d", "line#prod#1")
    project.git("push", "-q", "origin", ":refs/tags/line#prod#1")
    project.git("tag", "-d", "line#prod#1")
    tag(project, "line#prod#1", by="Grace")
    project.git("push", "-q", "origin", "line#prod#1")
    other.git("fetch", "-q", "--tags")
    return other


def by_mlgit_fetch(project: Folder) -> Folder:
    other = by_clone(project)
    other.git("tag", "-d", "line#prod#1")
    assert other.here("models", "--fetch").status == Exit.DONE
    assert other.here("push").status == Exit.DONE
    return other


@pytest.mark.parametrize("came", [by_clone, by_push, by_fetch_of_another_persons, by_mlgit_fetch])
def test_a_tag_that_the_remote_had_once_does_not_come_back(
    project: Folder, came: Callable[[Folder], Folder]
) -> None:
    clone = came(project)
    clone.git("push", "-q", "origin", ":refs/tags/line#prod#1")
    for _ in range(2):
        step, reason = steps(clone)["line#prod#1"]
        assert step == "skipped"
        assert "`origin` no longer has this tag" in reason
    assert "git tag -d 'line#prod#1'" in clone.here("push").out
    assert "line#prod#1" not in remote_tags(clone)
    found = clone.here("doctor", "--online", "--json").json()["findings"]
    mine = next(each for each in found if each["id"] == "tags_deleted_at_remote")
    assert mine["repair"].endswith("; if someone meant to delete it, run `git tag -d 'line#prod#1'`")
    assert clone.run("sh", "-c", mine["repair"].rpartition("run `")[2].rstrip("`")).status == 0
    assert steps(clone) == {}


def test_a_change_of_a_model_names_the_deleted_tag_and_its_repair(staged: Folder, tmp_path: Path) -> None:
    staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(tmp_path / "other"))
    other = Folder(tmp_path / "other")
    gone = other.git("tag", "--list", "*#staging#*").splitlines()[-1]
    other.git("push", "-q", "origin", f":refs/tags/{gone}")
    for _ in range(2):  # the first try must not record that the tag was made here
        done = other.here("unassign", "line", "--env", "staging")
        assert done.status == Exit.STATE
        assert f"git tag -d {word(gone)}" in done.err
    tags = other.here("push", "--dry-run", "--json").json()["tags"]
    assert [(each["tag"], each["step"]) for each in tags] == [(gone, "skipped")]


def test_tags_made_here_are_pushed_also_after_the_clone(project: Folder) -> None:
    other = by_clone(project)
    tag(other, "line#prod#2")
    assert steps(other) == {"line#prod#2": ("pushed", None)}


def test_a_new_remote_gets_all_tags_also_those_of_others(project: Folder, tmp_path: Path) -> None:
    other = by_clone(project)
    other.git("init", "-q", "--bare", str(tmp_path / "new.git"))
    other.git("remote", "set-url", "origin", str(tmp_path / "new.git"))
    assert steps(other) == {"line#prod#1": ("pushed", None)}


def test_a_second_version_of_a_commit_is_named_and_not_pushed(project: Folder) -> None:
    tag(project, "line@v1.0.0")
    project.git("push", "-q", "origin", "line@v1.0.0")
    for name in ("line@v1.0.1", "line@v1.0.1!", "line#prod#1", "other@v1.0.0"):
        tag(project, name)
    found = steps(project)
    assert "is already `line@v1.0.0`" in found["line@v1.0.1"][1]
    assert "about `line@v1.0.1`" in found["line@v1.0.1!"][1]
    assert remote_tags(project) == {"line@v1.0.0", "line#prod#1", "other@v1.0.0"}


def test_a_second_version_is_seen_also_if_the_first_is_not_in_this_clone(project: Folder) -> None:
    other = by_clone(project)
    tag(project, "line@v1.0.0")
    project.git("push", "-q", "origin", "line@v1.0.0")
    tag(other, "line@v1.0.1")
    assert steps(other)["line@v1.0.1"][0] == "skipped"
