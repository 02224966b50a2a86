"""What an environment held before is a note, whatever became of the version and of its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_emptied_baseline import rules
from tests.integration.test_lower_baselines import (
    PROMOTE_OLD,
    UNASSIGN,
    better,
    replaced_by_a_lightweight_tag,
    replaced_by_a_plain_tag,
)
from tests.integration.test_older_baselines import message
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, notes
from tests.support.forged import forge_assignment
from tests.support.registry import change, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

__all__ = ["better"]  # a fixture

DEREGISTER = ("deregister", "line@v1.0.1", "-m", "Bad")
DOWN = (*PROMOTE_OLD, "--downgrade")
REJECTED: dict[str, list[tuple[str, ...]]] = {
    "after it left": [DOWN, DEREGISTER],
    "in an emptied environment": [UNASSIGN, DEREGISTER, PROMOTE_OLD],
}


@pytest.mark.parametrize("commands", REJECTED.values(), ids=REJECTED)
def test_a_version_that_was_deregistered_is_a_note_until_a_newer_one(
    better: Folder, commands: list[tuple[str, ...]]
) -> None:
    for argv in commands:
        change(better, *argv)
    rules(better)
    verdict = check(better, status=Exit.DONE)
    assert notes(verdict) == [("baseline_held", "note")]
    text = message(verdict, "baseline_held")
    assert text.startswith("`staging` held v1.0.1 of `line` until 20")
    left = "replaced it" if DOWN in commands else "took it out"
    assert f"Ada {left}, and Ada deregistered it on 20" in text
    assert "; it holds v1.0.0 now, and `vs: staging` compares with that" in text
    train(better, "2.001")
    change(better, "release", "line")
    change(better, "promote", "line", "--to", "staging")
    assert check(better, status=Exit.DONE)["notes"] == []


def test_a_higher_number_that_was_deregistered_is_not_missed_where_a_newer_commit_is(better: Folder) -> None:
    train(better, "2.001")
    change(better, "release", "line@v3.0.0")
    change(better, "promote", "line", "--to", "staging")
    train(better, "2.002")
    change(better, "release", "line@v2.0.0")
    change(better, "promote", "line@v2.0.0", "--to", "staging", "--downgrade")
    change(better, "deregister", "line@v3.0.0", "-m", "The number was a mistake")
    rules(better)
    assert check(better, status=Exit.DONE)["notes"] == []


def test_a_promotion_says_which_tag_emptied_the_environment(better: Folder) -> None:
    change(better, *UNASSIGN)
    change(better, *DEREGISTER)
    report = change(better, *PROMOTE_OLD)
    (note,) = [each for each in report["notes"] if "was empty" in each]
    assert note.startswith("`staging` was empty: Ada took v1.0.1 of `line` out on 20")
    assert "UTC (`line#staging!#3`), and Ada deregistered it on 20" in note


def test_the_gates_of_a_promotion_say_so_too(better: Folder) -> None:
    rules(better)
    change(better, *UNASSIGN)
    change(better, *DEREGISTER)
    verdict = check(better, "--promote-to", "staging", "--rev", "line@v1.0.0", status=Exit.DONE)
    text = message(verdict, "baseline_held")
    assert "took v1.0.1 of `line` out on 20" in text
    assert text.endswith("compares with line@v1.0.0, which was there before")


def plain_where_it_was(folder: Folder) -> None:
    plant(folder, "line#staging#2", "line@v1.0.1^{}")


def plain_elsewhere(folder: Folder) -> None:
    plant(folder, "line#staging#2", "line@v1.0.0^{}")


def lightweight(folder: Folder) -> None:
    for tag in ("line#staging!#2", "line#staging#2"):
        folder.git("tag", "-f", tag, "line@v1.0.1^{}")
        folder.git("push", "-q", "--force", "origin", f"refs/tags/{tag}")


REPLACED = [
    replaced_by_a_plain_tag,
    replaced_by_a_lightweight_tag,
    plain_where_it_was,
    plain_elsewhere,
    lightweight,
]


@pytest.mark.parametrize("lose", REPLACED)
def test_what_only_tags_that_do_not_count_say_is_a_note(
    better: Folder, lose: Callable[[Folder], None]
) -> None:
    lose(better)
    forge_assignment(better, "line#staging#3", "v1.0.0", gates=["r2-floor"])
    rules(better)
    verdict = check(better, status=Exit.DONE)
    assert ("baseline_held", "note") in notes(verdict)
    text = message(verdict, "baseline_held")
    begins = "by the tag `line#staging#2`, which does not count, `staging` held v1.0.1 of `line`; "
    if lose is plain_elsewhere:
        begins = (
            "the tag `line#staging!#2` was written together with one that put v1.0.1 of `line` into "
            "`staging`, which is gone or does not count; "
        )
    assert text.startswith(f"{begins}it holds v1.0.0 now")
