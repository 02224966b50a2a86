"""The checker of histories: what is legal passes, and each thing that must not happen is found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.history.checker import check
from tests.support.history.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.history.calls import History, Tag


def week() -> Scenario:
    """Three versions; a week of staging and prod with a killed promotion, a lost race and a refusal."""
    scenario = Scenario()
    for number, version in enumerate(("v1.0.0", "v2.0.0", "v3.0.0"), start=1):
        scenario.release(version, f"c{number}", at=number)
    scenario.move("promote", "staging", "v1.0.0", at=10)
    scenario.move("promote", "staging", "v2.0.0", at=12)
    scenario.call(
        "late", "promote", 12, status=4, answer={"error": {"code": "lost_race"}}, environment="staging"
    )
    scenario.look("look", "staging", at=13.5, end=13.6)
    scenario.read("early", at=13.7, end=13.9)
    already = {"already": True, "pushed": False, "version": "v2.0.0", "tags": []}
    scenario.call("again", "promote", 14, answer=already, environment="staging", version="v2.0.0")
    scenario.move("promote", "prod", "v2.0.0", at=16)
    scenario.move("promote", "staging", "v3.0.0", at=20, status=None, end=20.1)
    scenario.move("rollback", "staging", "v2.0.0", at=22)
    scenario.move("unassign", "prod", None, at=24)
    scenario.reject("v1.0.0", at=26)
    scenario.call("no", "promote", 28, status=1, environment="staging", version="v1.0.0")
    scenario.read("late-look", at=30)
    return scenario


def change(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of a call)
    calls = [replace(call, **fields) if call.id == name else call for call in history.calls]
    return replace(history, calls=tuple(calls))


def retag(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of a tag)
    tags = [replace(tag, **fields) if tag.name == name else tag for tag in history.tags]
    return replace(history, tags=tuple(tags))


def without(history: History, *names: str) -> History:
    return replace(history, tags=tuple(tag for tag in history.tags if tag.name not in names))


def with_tag(history: History, tag: Tag) -> History:
    return replace(history, tags=(*history.tags, tag))


def answered(history: History, name: str, /, **fields: Any) -> History:  # noqa: ANN401 (any field of an answer)
    (call,) = [call for call in history.calls if call.id == name]
    return change(history, name, answer={**call.answer, **fields})


def swapped(history: History, one: int, other: int, environment: str = "staging") -> History:
    """Two changes of an environment with each other's counters."""

    def renamed(tag: Tag) -> Tag:
        for mine, theirs in ((one, other), (other, one)):
            if tag.name.startswith(f"m#{environment}") and tag.name.endswith(f"#{mine}"):
                return replace(tag, name=f"{tag.name.rpartition('#')[0]}#{theirs}")
        return tag

    return replace(history, tags=tuple(renamed(tag) for tag in history.tags))


def with_call(history: History, name: str, verb: str, **fields: Any) -> History:  # noqa: ANN401
    """One call more."""
    scenario = Scenario()
    scenario.call(name, verb, **fields)
    return replace(history, calls=(*history.calls, *scenario.calls))


def shown(version: str, number: int) -> dict[str, object]:
    """What `show` says of staging after its n-th promotion."""
    return {
        "environment": "staging",
        "version": version,
        "author": f"p-staging-{number}",
        "held": False,
    }


def tag_named(history: History, name: str) -> Tag:
    return next(tag for tag in history.tags if tag.name == name)


def test_the_story_is_legal() -> None:
    assert check(week().history) == []


def test_nothing_at_all_is_legal() -> None:
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
    "a tag by nobody": (lambda h: retag(h, "m@v3.0.0", by="stranger"), "was written by nobody who was asked"),
    "two changes by one call": (
        lambda h: retag(h, "m#prod#1", by="r-staging-4"),
        "r-staging-4 made 2 changes",
    ),
    "another object than was told": (
        lambda h: retag(h, "m#prod#1", oid="0"),
        "answers_are_true: p-prod-1 says",
    ),
    "another state before than was told": (
        lambda h: answered(h, "p-staging-2", before="v3.0.0"),
        "says that v3.0.0 was in `staging`",
    ),
    "a refusal that left tags": (
        lambda h: change(h, "p-prod-1", status=1),
        "nothing_is_left_of_what_failed: p-prod-1",
    ),
    "a lost race that left tags": (
        lambda h: change(h, "p-prod-1", status=4, answer={"error": {"code": "lost_race"}}),
        "left ['m#prod#1']",
    ),
    "a failure that left tags and said nothing was changed": (
        lambda h: change(h, "p-prod-1", status=5, answer={"error": {"message": "nothing was changed"}}),
        "left ['m#prod#1']",
    ),
    "a bug": (lambda h: change(h, "no", status=70), "ended with 70"),
    "another version than was told": (
        lambda h: answered(h, "r-staging-4", version="v3.0.0"),
        "answers_are_true: r-staging-4 says that it is about v3.0.0",
    ),
    "a change that changes nothing": (
        lambda h: retag(retag(h, "m#staging#2", commit="c1", version="v1.0.0"), "m#staging!#3", commit="c1"),
        "puts v1.0.0 there, which is there already",
    ),
    "a number below one that was given before": (
        lambda h: change(retag(h, "m@v3.0.0", name="m@v1.5.0", version="v1.5.0"), "rv2.0.0", end=2.5),
        "rv3.0.0 gave v1.5.0, and v2.0.0 was given before",
    ),
    "a hold that is not told": (
        lambda h: answered(
            change(h, "look", start=23, seen=23, end=23.5),
            "look",
            environment={
                "environment": "staging",
                "version": "v2.0.0",
                "author": "r-staging-4",
                "held": False,
            },
        ),
        "reads_were_current: look (show) saw v2.0.0",
    ),
    "a reading of the same clone that goes back in time": (
        lambda h: with_call(
            with_call(h, "first", "show", at=13.2, seen=13.2, answer={"environment": shown("v2.0.0", 2)}),
            "second",
            "show",
            at=13.4,
            seen=11.5,
            answer={"environment": shown("v1.0.0", 1)},
        ),
        "reads_were_current: second",
    ),
    "a writer who does not see the own change": (
        lambda h: with_call(
            h, "blind", "show", at=13.4, seen=11.5, answer={"environment": shown("v1.0.0", 1)}
        ),
        "reads_were_current: blind",
    ),
    "versions that nobody can have counted": (
        lambda h: with_call(
            h, "count", "models", at=30, answer={"models": [{"versions": 3, "environments": []}]}
        ),
        "count counts 3 versions",
    ),
    "a release that lost to nobody": (
        lambda h: with_call(h, "slow", "release", at=40, status=4, answer={"error": {"code": "lost_race"}}),
        "slow lost a release to nobody",
    ),
    "a rejection that lost to nobody": (
        lambda h: with_call(
            h,
            "slow",
            "deregister",
            at=40,
            status=4,
            version="v3.0.0",
            answer={"error": {"code": "lost_race"}},
        ),
        "slow lost a deregister to nobody",
    ),
    "a rollback that was refused and could have been": (
        lambda h: with_call(h, "stuck", "rollback", at=20.5, end=20.6, status=4, environment="staging"),
        "stuck was refused without a reason",
    ),
    "a rollback to a named version that was refused and could have been": (
        lambda h: with_call(
            h, "stuck", "rollback", at=13.4, status=4, environment="staging", version="v1.0.0"
        ),
        "stuck was refused without a reason",
    ),
    "an unassignment that was refused": (
        lambda h: with_call(h, "stuck", "unassign", at=30, status=4, environment="staging"),
        "stuck was refused without a reason",
    ),
    "a rejection that was refused though nothing was live": (
        lambda h: with_call(h, "stuck", "deregister", at=30, status=4, version="v3.0.0"),
        "stuck was refused without a reason",
    ),
    "a promotion without a name that was refused": (
        lambda h: with_call(h, "stuck", "promote", at=15, status=4, environment="staging"),
        "stuck was refused without a reason",
    ),
    "already rejected, which it was not": (
        lambda h: with_call(
            h, "sure", "deregister", at=15, version="v3.0.0", answer={"already": True, "tags": []}
        ),
        "sure says that v3.0.0 is rejected already",
    ),
    "a clone that says nothing in the end": (
        lambda h: replace(h, clones={"clone": replace(h.clones["clone"], answer={})}),
        "clone says nothing of its models",
    ),
    "a clone that leaves an environment out": (
        lambda h: replace(
            h,
            clones={
                "clone": replace(h.clones["clone"], answer={"models": [{"versions": 2, "environments": []}]})
            },
        ),
        "clone leaves out",
    ),
    "half of a push, as told": (
        lambda h: change(h, "no", status=5, answer={"error": {"message": "took only some of the tags"}}),
        "half of a push arrived",
    ),
    "a lock": (lambda h: replace(h, leftovers=("x.lock",)), "`x.lock` was left behind"),
    "two changes swapped": (lambda h: swapped(h, 1, 2), "order_is_that_of_time"),
    "an older change moved to the end": (lambda h: swapped(h, 2, 4), "order_is_that_of_time"),
    "a change before what was over when it began": (
        lambda h: change(h, "p-staging-1", start=13.2, seen=13.2, end=14),
        "order_is_that_of_time",
    ),
    "an old value read": (
        lambda h: change(h, "look", start=25, seen=25, end=26),
        "reads_were_current: look (show) saw v2.0.0",
    ),
    "a value read before it was there": (
        lambda h: change(h, "look", start=9, seen=9, end=9.5),
        "reads_were_current: look (show) saw v2.0.0",
    ),
    "a value that never was": (
        lambda h: answered(
            h,
            "look",
            environment={"environment": "staging", "version": "v9.0.0", "author": "x", "held": False},
        ),
        "saw v9.0.0 by x",
    ),
    "a reading older than an earlier one": (
        lambda h: change(
            change(change(h, "p-staging-2", end=15), "look", start=12, seen=12, end=12.2),
            "early",
            start=12.5,
            seen=12.5,
            end=12.7,
            answer={"events": [each for each in events(h, "early") if each["tag"] != "m#staging#2"]},
        ),
        "reads_were_current: early",
    ),
    "a history with a hole": (
        lambda h: answered(
            h, "late-look", events=[each for each in events(h, "late-look") if each["tag"] != "m#staging#2"]
        ),
        "reads_were_current: late-look (history) saw 3 changes",
    ),
    "a history without a version that was there": (
        lambda h: answered(
            h, "late-look", events=[each for each in events(h, "late-look") if each["tag"] != "m@v3.0.0"]
        ),
        "did not see `m@v3.0.0`",
    ),
    "a version read before it was there": (
        lambda h: change(h, "r" + "v3.0.0", start=40, seen=40, end=41),
        "saw `m@v3.0.0` before it was there",
    ),
    "something else than was asked": (
        lambda h: change(h, "p-staging-2", version="v3.0.0"),
        "puts v2.0.0 there instead of v3.0.0",
    ),
    "another verb than was asked": (
        lambda h: change(h, "p-staging-2", verb="rollback"),
        "was asked to rollback",
    ),
    "a version that is none": (
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
    "back to what was never there": (
        lambda h: retag(h, "m#staging#4", commit="c9", version="v9.0.0"),
        "goes back to v9.0.0",
    ),
    "back over what stands": (
        lambda h: retag(h, "m#staging#4", commit="c1", version="v1.0.0"),
        "goes back over ['v2.0.0']",
    ),
    "a rejection of what was live": (
        lambda h: change(
            retag(h, "m@v1.0.0!", name="m@v2.0.0!", commit="c2"), "dv1.0.0", start=18, seen=18, end=19
        ),
        "rejected v2.0.0, which was live",
    ),
    "a rejection of what was never registered": (
        lambda h: without(h, "m@v1.0.0"),
        "rejects what was never registered",
    ),
    "a lost race without a rival": (
        lambda h: change(h, "late", environment="prod", start=50, seen=50, end=51),
        "late lost `prod` to nobody",
    ),
    "a refusal without a reason": (
        lambda h: change(h, "no", version="v3.0.0"),
        "no was refused without a reason",
    ),
    "a version that is not on trunk": (
        lambda h: replace(h, trunk={"c1": "x", "c2": "x"}),
        "`m@v3.0.0` is not on trunk",
    ),
    "a commit on trunk whose release did not happen": (
        lambda h: replace(h, trunk={**h.trunk, "c7": "late"}),
        "left c7 on trunk without a version",
    ),
    "a phantom": (
        lambda h: replace(h, clones={"clone": replace(h.clones["clone"], tags={"m#prod#9": "0"})}),
        "clone has ['m#prod#9']",
    ),
    "another answer of gto": (
        lambda h: replace(h, readers={"gto": {"staging": "v3.0.0"}}),
        "gto says v3.0.0 of `staging`, and it is v2.0.0",
    ),
    "a clone that counts otherwise": (
        lambda h: replace(
            h,
            clones={
                "clone": replace(h.clones["clone"], answer={"models": [{"versions": 7, "environments": []}]})
            },
        ),
        "clone counts 7 versions",
    ),
    "a clone that replays otherwise": (
        lambda h: replace(
            h,
            clones={
                "clone": replace(
                    h.clones["clone"],
                    answer={
                        "models": [
                            {
                                "versions": 2,
                                "environments": [
                                    {
                                        "environment": "prod",
                                        "version": "v2.0.0",
                                        "author": "p-prod-1",
                                        "held": False,
                                    }
                                ],
                            }
                        ]
                    },
                )
            },
        ),
        "clone says ('v2.0.0'",
    ),
}


def events(history: History, name: str) -> list[dict[str, str | None]]:
    (call,) = [call for call in history.calls if call.id == name]
    found: list[dict[str, str | None]] = call.answer["events"]
    return found


@pytest.mark.parametrize("name", ILLEGAL)
def test_what_must_not_happen_is_found(name: str) -> None:
    spoil, why = ILLEGAL[name]
    problems = check(spoil(week().history))
    assert any(why in problem for problem in problems), problems


def twins(*, told: bool = False, late: bool = False, killed: bool = False) -> list[str]:
    """Two versions on one commit, released at once or one after the other."""
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    notes = ("`r` released this commit as `m@v1.0.0` at the same moment",) if told else ()
    scenario.release("v2.0.0", "c1", at=9 if late else 1.5, notes=notes, status=None if killed else 0)
    return check(scenario.history)


def test_two_versions_on_one_commit_at_once_are_accepted_when_somebody_was_told() -> None:
    assert twins(told=True) == twins(killed=True) == []
    assert any("nobody was told that `m@v1.0.0` and `m@v2.0.0`" in problem for problem in twins())
    assert any("not by an accident of time" in problem for problem in twins(told=True, late=True))


@pytest.mark.parametrize("told", [True, False])
def test_a_rejected_version_that_stays_live_must_have_been_told(told: bool) -> None:  # noqa: FBT001
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.move("promote", "dev", "v1.0.0", at=3)
    scenario.reject("v1.0.0", at=3.5, notes=("it is live in `dev`",) if told else ())
    assert [problem.partition(":")[0] for problem in check(scenario.history)] == (
        [] if told else ["conflicts_were_told"]
    )


def test_a_call_that_may_have_come_true_later_stands_wherever_it_fits() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=2)
    scenario.move("promote", "dev", "v1.0.0", at=5)
    scenario.move("promote", "dev", "v2.0.0", at=3, status=None, end=3.1)
    assert check(scenario.history) == []


def test_a_clone_that_did_not_look_may_act_on_what_it_saw_before() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.move("promote", "staging", "v1.0.0", at=3)
    scenario.move("unassign", "staging", None, at=5)
    scenario.move("promote", "prod", "v1.0.0", at=8, seen=4)
    assert check(scenario.history) == []
    assert any(
        "did not qualify" in problem for problem in check(change(scenario.history, "p-prod-1", seen=8))
    )


def test_nobody_named_it_so_it_must_be_the_highest_or_what_the_source_holds() -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=2)
    scenario.move("promote", "dev", "v1.0.0", at=4, named=False)
    assert any("and v2.0.0 is higher" in problem for problem in check(scenario.history))
