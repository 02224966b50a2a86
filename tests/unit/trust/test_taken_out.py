"""Taken out: a table of unassignments that change nothing, for what acts and for what only shows."""

from __future__ import annotations

import pytest

from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import (
    FIRST,
    OFF,
    OUT,
    PAIR,
    V1,
    V2,
    Row,
    because_of,
    moved,
    test_what_counts,
)
from tests.unit.trust.test_marks import test_what_does_not_count_is_marked

ELSEWHERE = moved("m#prod!#3", 5, None, action="unassign", seconds=30)
NOTHING_OUT = f"it takes out what is at {commit(5)[:7]}, which was not in `prod` then"
ROWS = {
    "an unassignment of what was never there": Row(
        (V1, V2, FIRST, *PAIR, ELSEWHERE), {"m#prod!#3": NOTHING_OUT}, "v2.0.0"
    ),
    "an unassignment of what was there before": Row(
        (V1, V2, FIRST, *PAIR, moved("m#prod!#3", 1, V1, action="unassign")),
        {"m#prod!#3": f"it takes out what is at {commit(1)[:7]}, which was not in `prod` then"},
        "v2.0.0",
    ),
    "an unassignment of another version": Row(
        (V1, V2, FIRST, *PAIR, moved("m#prod!#3", 2, V1, action="unassign")),
        {"m#prod!#3": "it takes out v1.0.0, and `prod` held v2.0.0 then"},
        "v2.0.0",
    ),
    "an unassignment of what a lost tag put there": Row((V1, V2, FIRST, PAIR[0], OUT), {}, None),
    "an unassignment of nothing ends no doubt": Row(
        (V1, V2, FIRST, *PAIR, ELSEWHERE),
        {**because_of(OFF), "m#prod!#3": NOTHING_OUT},
        doubt="m#prod#2",
        off=(2,),
    ),
    "a refused promotion that is taken out ends no other doubt": Row(
        (V1, V2, FIRST, PAIR[1], moved("m#prod#3", 5, None), moved("m#prod!#4", 5, None, action="unassign")),
        {
            "m@v2.0.0": OFF,
            "m#prod#2": f"its release `m@v2.0.0` does not count: {OFF}",
            "m#prod#3": "it does not name a release",
            "m#prod!#4": "it takes out `m#prod#3`, which does not count",
        },
        doubt="m#prod#3",
        off=(2,),
    ),
    "all that is open taken out, one by one": Row(
        (
            *(V1, V2, FIRST, moved("m#prod#2", 5, None)),
            *(moved("m#prod!#3", 5, None, action="unassign"), moved("m#prod!#4", 1, None, action="unassign")),
        ),
        {
            "m#prod#2": "it does not name a release",
            "m#prod!#3": "it takes out `m#prod#2`, which does not count",
        },
        None,
    ),
    "an unassignment where nothing ever was": Row(
        (V1, V2, moved("m#prod!#1", 5, None, action="unassign")), {"m#prod!#1": NOTHING_OUT}, None
    ),
    "an unassignment of what a lost tag put there, after another one": Row(
        (
            *(V1, V2, FIRST, PAIR[0], moved("m#prod#3", 1, V1, seconds=25)),
            moved("m#prod!#4", 2, V2, action="unassign", seconds=30),
        ),
        {"m#prod!#4": NOTHING_OUT.replace(commit(5)[:7], commit(2)[:7])},
    ),
    "an unassignment of what another tool put there, allowed": Row(
        (V1, fact("m#prod#1", 1), moved("m#prod!#2", 1, V1, action="unassign")), {}, None, foreign=True
    ),
    "an unassignment by another tool of what was not there, allowed": Row(
        (V1, V2, FIRST, *PAIR, fact("m#prod!#3", 5)), {}, "v2.0.0", foreign=True
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_unassignment_counts_only_if_it_takes_something_out(row: Row) -> None:
    test_what_counts(row)
    test_what_does_not_count_is_marked(row)
