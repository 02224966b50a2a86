"""The checker of histories accepts what is legal and finds every illegal tag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.history.checker import check
from tests.support.history.scenario import Scenario
from tests.support.history.spoiled import (
    change,
    retag,
    swapped,
    tag_named,
    week,
    with_tag,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.history.calls import History


def test_the_scenario_is_legal() -> None:
    assert check(week().history) == []


def test_an_empty_history_is_legal() -> None:
    assert check(Scenario().history) == []


ILLEGAL: dict[str, tuple[Callable[[History], History], str]] = {
    "half of a pair, the tag that takes out": (
        lambda h: without(h, "m#staging!#2"),
        "log_is_whole: change 2 of `staging` takes out None",
    ),
    "half of a pair, the tag that puts there": (
        lambda h: without(h, "m#staging#2"),
        "log_is_whole: change 2 of `staging` is half of a promote",
    ),
    "half of what a killed call wrote": (
        lambda h: without(h, "m#staging#3"),
        "log_is_whole: change 3 of `staging` is half of a promote",
    ),
    "a change that is gone": (
        lambda h: without(h, "m#staging#2", "m#staging!#2"),
        "log_is_whole: `staging` has no change 2",
    ),
    "the newest change that is gone": (lambda h: without(h, "m#prod!#2"), "answers_are_true: u-prod-2 says"),
    "a pair by two people": (
        lambda h: retag(h, "m#staging#2", by="p-staging-1"),
        "is by p-staging-2 and p-staging-1",
    ),
    "a tag that takes out what was not there": (
        lambda h: retag(h, "m#staging!#2", commit="c3"),
        "takes out c3, and c1 was there",
    ),
    "a tag twice": (
        lambda h: with_tag(h, replace(tag_named(h, "m#prod#1"), oid="0")),
        "`m#prod#1` is there twice",
    ),
    "a tag by an unknown caller": (
        lambda h: retag(h, "m@v3.0.0", by="stranger"),
        "was written by an unknown caller",
    ),
    "two changes by one call": (
        lambda h: retag(h, "m#prod#1", by="r-staging-4"),
        "r-staging-4 made 2 changes",
    ),
    "another object than was reported": (
        lambda h: retag(h, "m#prod#1", oid="0"),
        "answers_are_true: p-prod-1 says",
    ),
    "a refusal that left tags": (
        lambda h: change(h, "p-prod-1", status=Exit.BLOCKED),
        "nothing_is_left_of_what_failed: p-prod-1",
    ),
    "a lost race that left tags": (
        lambda h: change(h, "p-prod-1", status=Exit.STATE, answer={"error": {"code": "lost_race"}}),
        "left ['m#prod#1']",
    ),
    "a failure that left tags but reported no change": (
        lambda h: change(
            h, "p-prod-1", status=Exit.TOOL, answer={"error": {"message": "nothing was changed"}}
        ),
        "left ['m#prod#1']",
    ),
    "a change that changes nothing": (
        lambda h: retag(retag(h, "m#staging#2", commit="c1", version="v1.0.0"), "m#staging!#3", commit="c1"),
        "puts v1.0.0 there, which is there already",
    ),
    "a number below an earlier one": (
        lambda h: change(retag(h, "m@v3.0.0", name="m@v1.5.0", version="v1.5.0"), "rv2.0.0", end=2.5),
        "rv3.0.0 gave v1.5.0, and v2.0.0 was registered before",
    ),
    "two changes swapped": (lambda h: swapped(h, 1, 2), "order_is_that_of_time"),
    "an older change moved to the end": (lambda h: swapped(h, 2, 4), "order_is_that_of_time"),
    "a change before what was over when it began": (
        lambda h: change(h, "p-staging-1", start=13.2, seen=13.2, end=14),
        "order_is_that_of_time",
    ),
    "a version read before it was there": (
        lambda h: change(h, "r" + "v3.0.0", start=40, seen=40, end=41),
        "saw `m@v3.0.0` before it was there",
    ),
    "another version than was named": (
        lambda h: change(h, "p-staging-2", version="v3.0.0"),
        "puts v2.0.0 there instead of v3.0.0",
    ),
    "another verb than that of the call": (
        lambda h: change(h, "p-staging-2", verb="rollback"),
        "was asked to rollback",
    ),
    "a version that does not exist": (
        lambda h: retag(h, "m#prod#1", version="v8.0.0"),
        "puts v8.0.0 there, which is no version",
    ),
    "a version that was rejected": (
        lambda h: change(h, "dv1.0.0", start=4, seen=4, end=5),
        "puts v1.0.0 there, which was rejected",
    ),
    "a lower version without --downgrade": (
        lambda h: retag(
            retag(h, "m@v1.0.0", name="m@v5.0.0", version="v5.0.0"), "m#staging#1", version="v5.0.0"
        ),
        "puts v2.0.0 in the place of v5.0.0",
    ),
    "a version that was never in the source": (
        lambda h: retag(h, "m#prod#1", commit="c3", version="v3.0.0"),
        "which did not qualify in `staging`",
    ),
    "back to a version that was never there": (
        lambda h: retag(h, "m#staging#4", commit="c9", version="v9.0.0"),
        "goes back to v9.0.0",
    ),
    "back over a usable version": (
        lambda h: retag(h, "m#staging#4", commit="c1", version="v1.0.0"),
        "goes back over ['v2.0.0']",
    ),
    "a rejection of a live version": (
        lambda h: change(
            retag(h, "m@v1.0.0!", name="m@v2.0.0!", commit="c2"), "dv1.0.0", start=18, seen=18, end=19
        ),
        "rejected v2.0.0, which was live",
    ),
    "a rejection of an unregistered version": (
        lambda h: without(h, "m@v1.0.0"),
        "rejects what was never registered",
    ),
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_history_is_found(name: str) -> None:
    spoil, why = ILLEGAL[name]
    problems = check(spoil(week().history))
    assert any(why in problem for problem in problems), problems


def twins(*, reported: bool = False, late: bool = False, killed: bool = False) -> list[str]:
    """Check two versions on one commit, released at once or one after the other."""
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    notes = ("`r` released this commit as `m@v1.0.0` at the same time",) if reported else ()
    scenario.release("v2.0.0", "c1", at=9 if late else 1.5, notes=notes, status=None if killed else 0)
    return check(scenario.history)


def test_two_concurrent_versions_on_one_commit_are_legal_if_one_caller_reports_them() -> None:
    assert twins(reported=True) == twins(killed=True) == []
    assert any("no one reported that `m@v1.0.0` and `m@v2.0.0`" in problem for problem in twins())
    assert any("were not concurrent" in problem for problem in twins(reported=True, late=True))


@pytest.mark.parametrize("reported", [True, False])
def test_a_rejected_version_that_stays_live_must_be_reported(reported: bool) -> None:  # noqa: FBT001
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.move("promote", "dev", "v1.0.0", at=3)
    scenario.reject("v1.0.0", at=3.5, notes=("it is live in `dev`",) if reported else ())
    assert [problem.partition(":")[0] for problem in check(scenario.history)] == (
        [] if reported else ["conflicts_were_reported"]
    )


def test_a_call_that_may_have_arrived_later_is_legal_wherever_it_fits() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=2)
    scenario.move("promote", "dev", "v1.0.0", at=5)
    scenario.move("promote", "dev", "v2.0.0", at=3, status=None, end=3.1)
    assert check(scenario.history) == []


def test_a_clone_that_did_not_fetch_may_act_on_an_earlier_state() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.move("promote", "staging", "v1.0.0", at=3)
    scenario.move("unassign", "staging", None, at=5)
    scenario.move("promote", "prod", "v1.0.0", at=8, seen=4)
    assert check(scenario.history) == []
    assert any(
        "did not qualify" in problem for problem in check(change(scenario.history, "p-prod-1", seen=8))
    )


def test_a_version_that_is_not_named_must_be_the_highest_or_the_one_in_the_source() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=2)
    scenario.move("promote", "dev", "v1.0.0", at=4, named=False)
    assert any("and v2.0.0 is higher" in problem for problem in check(scenario.history))


@pytest.mark.parametrize(("to", "legal"), [("v2.0.0", True), ("v1.0.0", False)])
def test_a_rollback_of_what_was_emptied_goes_back_to_what_was_there(to: str, *, legal: bool) -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=2)
    scenario.move("promote", "dev", "v1.0.0", at=3)
    scenario.move("promote", "dev", "v2.0.0", at=4)
    scenario.move("unassign", "dev", None, at=5)
    scenario.move("rollback", "dev", to, at=6)
    assert [*check(scenario.history)] == (
        []
        if legal
        else ["moves_were_legal: r-dev-4: `m#dev#4` goes back over ['v2.0.0'], which is not rejected"]
    )
