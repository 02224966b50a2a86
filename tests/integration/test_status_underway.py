"""Status while git is in the middle of something: it says so, and the next step ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.registry import valid

if TYPE_CHECKING:
    from tests.support.shell import Folder

QUIET = {"GIT_EDITOR": "true"}


@pytest.fixture
def repository(empty_repository: Folder) -> Folder:
    """Two branches that change the same line; `topic` is checked out."""
    folder = empty_repository
    folder.write("a.txt", "one\n")
    folder.commit("One")
    folder.git("checkout", "-q", "-b", "topic")
    folder.write("a.txt", "two\n")
    folder.commit("Two")
    folder.git("checkout", "-q", "main")
    folder.write("a.txt", "three\n")
    folder.commit("Three")
    folder.git("checkout", "-q", "topic")
    return folder


STARTS = {
    "rebase": ("rebase", "main"),
    "merge": ("merge", "main"),
    "cherry-pick": ("cherry-pick", "main"),
    "revert": ("revert", "main"),
}


@pytest.mark.parametrize("name", STARTS)
def test_the_next_step_continues_what_is_under_way(repository: Folder, name: str) -> None:
    assert repository.run("git", *STARTS[name], env=QUIET).status != 0
    found = valid(repository.here("status", "--json"), "status")
    assert (found["underway"], found["next"]["command"]) == (name, "git mergetool")
    doctor = repository.here("doctor", "--json").json()["findings"]
    assert [each["subjects"] for each in doctor if each["id"] == "conflict"] == [["a.txt"]]
    done = repository.here("release", "m")
    assert "commit or stash" not in done.err
    repository.write("a.txt", "both\n")
    step = valid(repository.here("status", "--json"), "status")["next"]
    assert step["command"] == f"git add -u && git {name} --continue"
    repository.git("add", "a.txt")
    done = repository.here("status")
    assert f", {name} under way, no remote\n" in done.out
    step = valid(repository.here("status", "--json"), "status")["next"]
    assert step["command"] == f"git add -u && git {name} --continue"
    repository.ok("sh", "-c", step["command"], env=QUIET)
    after = valid(repository.here("status", "--json"), "status")
    assert (after["underway"], after["branch"], after["changed"]) == (None, "topic", [])


@pytest.mark.parametrize("kind", ["binary", "attribute", "deleted"])
def test_a_file_in_conflict_without_markers_may_not_be_resolved(repository: Folder, kind: str) -> None:
    if kind == "attribute":
        repository.write(".gitattributes", "*.txt -merge\n")
        repository.commit("Attribute")
    if kind == "deleted":
        repository.git("rm", "-q", "a.txt")
        repository.git("commit", "-qm", "Gone")
    if kind == "binary":
        repository.write("a.txt", "\0two\n")
        repository.commit("Binary")
    assert repository.run("git", "merge", "main", env=QUIET).status != 0
    assert valid(repository.here("status", "--json"), "status")["next"]["command"] == "git mergetool"


def test_a_stop_for_editing_without_a_change_is_only_continued(repository: Folder) -> None:
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"}
    repository.run("git", "rebase", "-q", "-i", "HEAD~1", env=editor)
    found = valid(repository.here("status", "--json"), "status")
    assert (found["underway"], found["branch"]) == ("rebase", None)
    assert found["next"]["command"] == "git rebase --continue"


def test_a_bisection_is_named(repository: Folder) -> None:
    repository.git("bisect", "start")
    assert "Branch    topic at " in repository.here("status").out
    assert valid(repository.here("status", "--json"), "status")["underway"] == "bisect"
