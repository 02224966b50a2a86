"""The checker of histories finds every call whose answer is wrong, and everything left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.history.checker import check
from tests.support.history.spoiled import (
    answered,
    change,
    events,
    shown,
    week,
    with_call,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.history.calls import History


ILLEGAL: dict[str, tuple[Callable[[History], History], str]] = {
    "another earlier state than was reported": (
        lambda h: answered(h, "p-staging-2", before="v3.0.0"),
        "says that v3.0.0 was in `staging`",
    ),
    "a bug": (lambda h: change(h, "no", status=Exit.BUG), "ended with 70"),
    "another version than was reported": (
        lambda h: answered(h, "r-staging-4", version="v3.0.0"),
        "answers_are_true: r-staging-4 says that it is about v3.0.0",
    ),
    "a hold that is not reported": (
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
    "a read in the same clone that goes back in time": (
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
    "a writer that does not see its own change": (
        lambda h: with_call(
            h, "blind", "show", at=13.4, seen=11.5, answer={"environment": shown("v1.0.0", 1)}
        ),
        "reads_were_current: blind",
    ),
    "a count of versions that never was": (
        lambda h: with_call(
            h, "count", "models", at=30, answer={"models": [{"versions": 3, "environments": []}]}
        ),
        "count counts 3 versions",
    ),
    "a release that lost without a winner": (
        lambda h: with_call(
            h, "slow", "release", at=40, status=Exit.STATE, answer={"error": {"code": "lost_race"}}
        ),
        "slow lost a release without a winner",
    ),
    "a rejection that lost without a winner": (
        lambda h: with_call(
            h,
            "slow",
            "deregister",
            at=40,
            status=Exit.STATE,
            version="v3.0.0",
            answer={"error": {"code": "lost_race"}},
        ),
        "slow lost a deregister without a winner",
    ),
    "a rollback that was possible but refused": (
        lambda h: with_call(
            h, "stuck", "rollback", at=20.5, end=20.6, status=Exit.STATE, environment="staging"
        ),
        "stuck was refused without a reason",
    ),
    "a rollback to a named version that was possible but refused": (
        lambda h: with_call(
            h, "stuck", "rollback", at=13.4, status=Exit.STATE, environment="staging", version="v1.0.0"
        ),
        "stuck was refused without a reason",
    ),
    "an unassignment that was refused": (
        lambda h: with_call(h, "stuck", "unassign", at=30, status=Exit.STATE, environment="staging"),
        "stuck was refused without a reason",
    ),
    "a rejection that was refused though nothing was live": (
        lambda h: with_call(h, "stuck", "deregister", at=30, status=Exit.STATE, version="v3.0.0"),
        "stuck was refused without a reason",
    ),
    "a promotion without a name that was refused": (
        lambda h: with_call(h, "stuck", "promote", at=15, status=Exit.STATE, environment="staging"),
        "stuck was refused without a reason",
    ),
    "already rejected, though it was not": (
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
    "half of a push, as reported": (
        lambda h: change(
            h, "no", status=Exit.TOOL, answer={"error": {"message": "accepted only some of the tags"}}
        ),
        "half of a push arrived",
    ),
    "a lock": (lambda h: replace(h, leftovers=("x.lock",)), "`x.lock` was left behind"),
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
    "a read older than an earlier one": (
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
    "a lost race without a winner": (
        lambda h: change(h, "late", environment="prod", start=50, seen=50, end=51),
        "late lost `prod` without a winner",
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
    "a tag that only a clone has": (
        lambda h: replace(h, clones={"clone": replace(h.clones["clone"], tags={"m#prod#9": "0"})}),
        "clone has ['m#prod#9']",
    ),
    "another answer by gto": (
        lambda h: replace(h, readers={"gto": {"staging": "v3.0.0"}}),
        "gto says v3.0.0 of `staging`, and it is v2.0.0",
    ),
    "a clone that counts other versions": (
        lambda h: replace(
            h,
            clones={
                "clone": replace(h.clones["clone"], answer={"models": [{"versions": 7, "environments": []}]})
            },
        ),
        "clone counts 7 versions",
    ),
    "a clone that replays another state": (
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


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_answer_is_found(name: str) -> None:
    spoil, why = ILLEGAL[name]
    problems = check(spoil(week().history))
    assert any(why in problem for problem in problems), problems
