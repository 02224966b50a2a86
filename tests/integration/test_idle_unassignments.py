"""Unassignments by hand that take nothing out: they change nothing and hide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import rules, worse
from tests.integration.test_refused_tags import findings, plant
from tests.support.checks import check, notes, results
from tests.support.forged import forge_unassignment
from tests.support.registry import change, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

ROOT = "line@v1.0.0~1"


@pytest.fixture
def better(project: Folder) -> Folder:
    """v1.0.1 is in staging, and better than v1.0.0, which was there before."""
    for slope in ("1.985", "2.0"):
        train_into(project, slope, "staging")
    return project


def release_replaced(folder: Folder) -> None:
    plant(folder, "line@v1.0.1", "line@v1.0.1^{}")


def lightweight(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        folder.git("tag", "-f", tag, "line@v1.0.0^{}")
        folder.git("push", "-q", "--force", "origin", f"refs/tags/{tag}")


@pytest.mark.parametrize("spoil", [release_replaced, lightweight])
def test_what_is_unknown_stays_unknown(better: Folder, spoil: Callable[[Folder], None]) -> None:
    rules(better)
    spoil(better)
    worse(better)
    assert results(check(better, status=Exit.BLOCKED))["line/drop"][:2] == ("error", "unknown_here")
    forge_unassignment(better, "line#staging!#3", ROOT)
    assert results(check(better, status=Exit.BLOCKED))["line/drop"][:2] == ("error", "unknown_here")
    assert better.here("get", "staging", "-o", "out").status == Exit.STATE
    assert better.here("ci", "tag", "--", "line#staging!#3").status == Exit.BLOCKED


def test_a_tag_that_is_passed_over_is_still_named(better: Folder) -> None:
    rules(better)
    for tag in ("line#staging!#2", "line#staging#2"):
        plant(better, tag, "line@v1.0.0^{}")
    worse(better)
    forge_unassignment(better, "line#staging!#3", ROOT)
    assert ("newer_tag_refused", "warn") in notes(check(better, status=Exit.BLOCKED))


def test_it_does_not_choose_where_a_rollback_goes(better: Folder) -> None:
    train_into(better, "1.999", "staging")
    forge_unassignment(better, "line#staging!#4", "line@v1.0.1", "v1.0.1")
    shown = better.here("history", "--env", "staging")
    assert "it takes out what is at" in shown.out
    assert [each["subjects"] for each in findings(better, "foreign_tag")] == [["line#staging!#4"]]
    assert better.here("get", "staging", "-o", "out").status == Exit.DONE
    done = change(better, "rollback", "line", "--env", "staging", "-m", "Night")
    assert done["version"] == "v1.0.1"
