"""The checker of histories knows what spoiled tags excuse, and finds who did not notice them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.errors import Exit
from tests.support.history.calls import Call, History, Wound
from tests.support.history.checker import check
from tests.support.history.scenario import Scenario
from tests.support.history.spoiler import NEWCOMER


def story() -> Scenario:
    """v1.0.0 and then v2.0.0 in staging, until second 13."""
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=1)
    scenario.release("v2.0.0", "c2", at=3)
    scenario.move("promote", "staging", "v1.0.0", at=10)
    scenario.move("promote", "staging", "v2.0.0", at=12)
    return scenario


def wound(kind: str, tag: str, *, start: float = 20, healed: float = 40) -> Wound:
    return Wound(kind=kind, tag=tag, start=start, done=start + 0.1, healing=healed - 0.1, healed=healed)


def problems(scenario: Scenario, *wounds: Wound, extra: tuple[Call, ...] = ()) -> list[str]:
    history = scenario.history
    return check(replace(history, wounds=wounds, calls=(*history.calls, *extra)))


def models(version: str | None, *, at: float = 30, clone: str = "clone", **more: Any) -> Call:  # noqa: ANN401
    entry = {"environment": "staging", "version": version, "author": "p-staging-2", "held": False, **more}
    answer = {"models": [{"versions": 2, "environments": [entry]}]}
    return Call(
        id="look", clone=clone, verb="models", start=at, end=at + 1, seen=at, status=Exit.DONE, answer=answer
    )


LIGHT = wound("lightweight", "m#staging#3")
FOREIGN = wound("foreign", "m#staging#3")
DELETED = wound("deleted", "m#staging#2")
MOVED = wound("moved", "m@v2.0.0")
UNKNOWN: dict[str, Any] = {"version": "v2.0.0", "known": "no"}
KNOWN: dict[str, Any] = {"version": "v2.0.0", "known": "yes"}
INSTEAD: dict[str, Any] = {"version": "v1.0.0", "known": "yes", "refused": "by hand", "counts": "v2.0.0"}


@pytest.mark.parametrize(
    ("spoiled", "shown", "problem"),
    [
        (LIGHT, UNKNOWN, None),
        (LIGHT, KNOWN, "shows v2.0.0 in `staging`, and `m#staging#3` was lightweight"),
        (LIGHT, KNOWN | {"at": 19.5}, None),  # it may have come later
        (LIGHT, KNOWN | {"at": 39.5}, None),  # it may have gone before
        (FOREIGN, INSTEAD, None),
        (FOREIGN, INSTEAD | {"counts": "v3.0.0"}, "saw v3.0.0, next to a spoiled tag,"),
        (DELETED, KNOWN, None),  # the clone had it before
        (DELETED, UNKNOWN | {"clone": f"{NEWCOMER}0"}, None),
        (DELETED, KNOWN | {"clone": f"{NEWCOMER}0"}, "and `m#staging#2` was deleted"),
        (MOVED, KNOWN, "shows v2.0.0 in `staging`, and `m@v2.0.0` was moved"),
        (MOVED, KNOWN | {"refused": "moved", "counts": None}, None),
        (wound("moved", "m@v1.0.0"), KNOWN, None),  # it is not there any more
        (DELETED, UNKNOWN | {"at": 50}, "does not know what is in `staging`, and no tag was spoiled"),
        (LIGHT, UNKNOWN | {"at": 50}, None),  # a clone keeps it
        (None, UNKNOWN, "does not know what is in `staging`, and no tag was spoiled"),
        (None, KNOWN, None),
    ],
)
def test_a_read_must_show_what_is_not_known(
    spoiled: Wound | None, shown: dict[str, Any], problem: str | None
) -> None:
    found = problems(story(), *([] if spoiled is None else [spoiled]), extra=(models(**shown),))
    assert found == [] if problem is None else any(problem in each for each in found), found


def test_an_empty_environment_with_a_tag_by_hand_is_not_known() -> None:
    scenario = story()
    scenario.move("unassign", "staging", None, at=15)
    by_hand = wound("foreign", "m#staging#4")
    right = models(None, known="no", refused="by hand", counts=None)
    assert problems(scenario, by_hand, extra=(right,)) == []
    wrong = models("v1.0.0", known="yes")
    assert any("`m#staging#4` was foreign" in each for each in problems(scenario, by_hand, extra=(wrong,)))


@pytest.mark.parametrize(
    ("at", "seen", "legal"), [(25, 25, False), (25, 19, True), (39.5, 39.5, True), (45, 45, True)]
)
def test_no_change_may_follow_a_lightweight_tag_that_was_seen(at: float, seen: float, *, legal: bool) -> None:
    scenario = story()
    scenario.move("rollback", "staging", "v1.0.0", at=at, seen=seen)
    history = scenario.history
    tags = tuple(replace(tag, name=tag.name.replace("#3", "#4")) for tag in history.tags)
    calls = list(history.calls)
    written = [{"name": tag.name, "oid": tag.oid, "commit": tag.commit} for tag in tags if "#4" in tag.name]
    calls[-1] = replace(calls[-1], answer={**calls[-1].answer, "tags": written})
    found = check(History(calls=tuple(calls), tags=tags, sources=history.sources, wounds=(LIGHT,)))
    # The spoiled number is left out.
    assert [each for each in found if "has no change" in each] == []
    assert (found == []) == legal, found
    unspoiled = check(History(calls=tuple(calls), tags=tags, sources=history.sources))
    assert any("`staging` has no change 3, but 4" in each for each in unspoiled)


@pytest.mark.parametrize(
    ("message", "legal"),
    [("the tag `m#staging#3` does not count", True), ("the tag `m#staging#31` does not count", False)],
)
def test_a_refusal_has_to_name_the_spoiled_tag(message: str, *, legal: bool) -> None:
    scenario = story()
    answer = {"error": {"message": message}}
    scenario.call(
        "no", "promote", 25, status=Exit.STATE, answer=answer, environment="staging", version="v2.0.0"
    )
    found = problems(scenario, LIGHT)
    assert (found == []) == legal, found
