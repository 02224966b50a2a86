"""Marks: what `models`, `status`, `show` and `history` say of tags that the commands that act refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_refused_tags import plant
from tests.support.registry import allow_foreign_tags, valid

if TYPE_CHECKING:
    from tests.support.shell import Folder

NO_STATEMENT = "it has no statement, so mlgit did not write it"


@pytest.fixture
def forged(staged: Folder) -> Folder:
    """A version on a commit that was never merged, tagged by hand and put into staging by hand."""
    staged.git("checkout", "-q", "-b", "topic")
    staged.commit("Never merged")
    plant(staged, "line@v9.0.0")
    plant(staged, "line#staging#7", "line@v9.0.0^{}")
    staged.git("checkout", "-q", "main")
    return staged


def test_models_marks_a_version_that_no_command_takes(forged: Folder) -> None:
    (entry,) = valid(forged.here("models", "--json"), "models")["models"]
    assert entry["latest"]["version"] == "v9.0.0"
    assert entry["latest"]["refused"] == NO_STATEMENT
    assert {each["environment"]: each["refused"] for each in entry["environments"]}["staging"] == NO_STATEMENT
    screen = forged.here("models").out
    assert "v9.0.0!" in screen
    assert f"line@v9.0.0 does not count: {NO_STATEMENT}" in screen
    assert "v9.0.0 in line#staging does not count" in screen


def test_status_marks_it_too(forged: Folder) -> None:
    (entry,) = valid(forged.here("status", "--json"), "status")["models"]
    assert entry["refused"] == NO_STATEMENT
    screen = forged.here("status").out
    assert "v9.0.0!" in screen
    assert f"line@v9.0.0 does not count: {NO_STATEMENT}" in screen


def test_show_and_history_mark_versions_and_events(forged: Folder) -> None:
    shown = valid(forged.here("show", "line", "--json"), "show")
    assert {each["version"]: each["refused"] for each in shown["versions"]} == {
        "v9.0.0": NO_STATEMENT,
        "v1.0.0": None,
    }
    assert "does not count" in forged.here("show", "line@v9.0.0").out
    assert "does not count" in forged.here("show", "line#staging").out
    events = valid(forged.here("history", "--json"), "history")["events"]
    assert {each["tag"] for each in events if each["refused"]} == {"line@v9.0.0", "line#staging#7"}
    assert forged.here("history").out.count("does not count") == 2


def test_allowed_foreign_tags_are_marked_if_they_are_not_on_trunk(forged: Folder) -> None:
    allow_foreign_tags(forged)
    (entry,) = forged.here("models", "--json").json()["models"]
    assert "is not on origin/main" in entry["latest"]["refused"]
    assert "is not on origin/main" in forged.here("show", "line").out
    assert "is not on origin/main" in forged.here("history").out


def test_a_moved_release_marks_its_environment(staged: Folder) -> None:
    staged.commit("Something else")
    staged.git("push", "-q")
    plant(staged, "line@v1.0.0")
    screen = staged.here("models").out
    assert "v1.0.0!" in screen
    assert "nothing counts there" in screen


def test_nothing_is_marked_in_a_repository_as_mlgit_writes_it(staged: Folder) -> None:
    for argv in (("models",), ("status",), ("show", "line"), ("history",)):
        assert "does not count" not in staged.here(*argv).out
