"""Baselines that are older than what was in the environment: someone replaced tags, or rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import rules, worse
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, notes, results
from tests.support.registry import change, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


@pytest.fixture
def better(project: Folder) -> Folder:
    """v1.0.1 is in staging, and better than v1.0.0, which was there before."""
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    return project


def both_plain(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        plant(folder, tag, "line@v1.0.0^{}")


def one_plain_and_the_other_gone(folder: Folder) -> None:
    folder.git("push", "-q", "origin", ":refs/tags/line#staging!#2")
    folder.git("tag", "-d", "line#staging!#2")
    plant(folder, "line#staging#2", "line@v1.0.0^{}")


def under_another_counter(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        folder.git("push", "-q", "origin", f":refs/tags/{tag}")
        folder.git("tag", "-d", tag)
    plant(folder, "line#staging#3", "line@v1.0.0^{}")


def with_the_object_of_another_tag(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        folder.git("update-ref", f"refs/tags/{tag}", "refs/tags/line#staging#1")


def lightweight(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        folder.git("tag", "-f", tag, "line@v1.0.0^{}")


REPLACED = [both_plain, one_plain_and_the_other_gone, under_another_counter, with_the_object_of_another_tag]


def message(verdict: Any, code: str) -> str:  # noqa: ANN401 (it is JSON)
    return "".join(each["message"] for each in verdict["notes"] if each["code"] == code)


@pytest.mark.parametrize("replace", REPLACED)
def test_a_tag_that_does_not_count_in_the_place_of_the_newest_is_a_finding(
    better: Folder, replace: Callable[[Folder], None]
) -> None:
    rules(better)
    worse(better)
    assert results(check(better, status=Exit.BLOCKED))["line/drop"][0] == "fail"
    replace(better)
    verdict = check(better, status=Exit.BLOCKED)  # by the gate against the base
    assert results(verdict)["line/drop"][0] == "pass"
    assert ("newer_tag_refused", "warn") in notes(verdict)
    text = message(verdict, "newer_tag_refused")
    assert "compares with staging (line@v1.0.0), although `line#staging#" in text
    assert "does not count, because" in text
    done = better.here("report", "--format", "markdown")
    assert "does not count, because" in done.out.partition("| ")[0]
    assert "does not count, because" in " ".join(better.here("check").out.partition("drop  ")[0].split())


def test_lightweight_tags_in_the_place_of_the_newest_are_an_error(better: Folder) -> None:
    rules(better)
    lightweight(better)
    worse(better)
    verdict = check(better, status=Exit.BLOCKED)
    assert results(verdict)["line/drop"][:2] == ("error", "unknown_here")


def test_a_replaced_tag_blocks_with_on_loosened(better: Folder) -> None:
    rules(better, "on_loosened: fail\n")
    both_plain(better)
    assert ("newer_tag_refused", "block") in notes(check(better, status=Exit.BLOCKED))


def test_the_next_promotion_says_it_and_ends_it(better: Folder) -> None:
    rules(better)
    both_plain(better)
    report = change(better, "promote", "line@v1.0.1", "--to", "staging")
    assert any("although `line#staging#2` of Ada" in note for note in report["notes"])
    assert check(better, status=Exit.DONE)["notes"] == []


def test_a_plain_tag_before_the_newest_change_is_nothing(better: Folder) -> None:
    rules(better)
    plant(better, "line#staging#1", "line@v1.0.0^{}")
    assert check(better, status=Exit.DONE)["notes"] == []


def test_a_rollback_that_a_gate_compares_with_is_a_note(better: Folder) -> None:
    rules(better)
    assert check(better, status=Exit.DONE)["notes"] == []
    change(better, "rollback", "line", "--env", "staging", "-m", "Ward 3")
    verdict = check(better, status=Exit.DONE)
    assert notes(verdict) == [("baseline_held", "note")]
    text = message(verdict, "baseline_held")
    assert text.startswith("`staging` is held by a rollback: Ada put `line` back to v1.0.0 on 20")
    done = better.here("report", "--format", "markdown")
    assert "is held by a rollback" in done.out.partition("| ")[0]
    change(better, "promote", "line@v1.0.1", "--to", "staging")
    assert check(better, status=Exit.DONE)["notes"] == []
