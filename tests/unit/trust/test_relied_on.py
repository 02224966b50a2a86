"""Relied on: which promotions an assignment needs, and when a version left an environment for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.moves import departure
from mlgit.core.registry.replay import replay
from mlgit.core.trust.relied_on import brought_by, relied_on
from tests.unit.trust.test_accept import V1, V2, moved

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

IN_STAGING = moved("m#staging#1", 1, V1, seconds=1)
NEXT_THERE = moved("m#staging#2", 2, V2, seconds=3)
AGAIN = moved("m#staging#4", 1, V1, seconds=7)
FIRST = moved("m#prod#1", 1, V1, seconds=10)
SECOND = moved("m#prod#2", 2, V2, seconds=20)
THIRD = moved("m#prod#3", 1, V1, seconds=30)
BACK = moved("m#prod#4", 1, V1, seconds=40, action="rollback")
BACK_AGAIN = moved("m#prod#5", 1, V1, seconds=50, action="rollback")
OUT = moved("m#staging!#3", 1, V1, seconds=5, action="unassign")
BACK_THERE = (
    moved("m#staging!#3", 2, V2, seconds=5),
    moved("m#staging#3", 1, V1, seconds=5, action="rollback"),
)


@pytest.mark.parametrize(
    ("tag", "source", "needs"),
    [
        (SECOND, None, None),
        (BACK, None, ["m#prod#3", "m#prod#1"]),
        (BACK, "staging", ["m#prod#3", "m#prod#1"]),
        (BACK_AGAIN, None, ["m#prod#3", "m#prod#1"]),
        (FIRST, "staging", ["m#staging#4", "m#staging#1"]),
        (FIRST._replace(tagged_at_s=6), "staging", ["m#staging#1"]),
        (FIRST._replace(tagged_at_s=7), "staging", ["m#staging#1"]),
        (FIRST, "elsewhere", []),
    ],
)
def test_an_assignment_needs_promotions(tag: TagFact, source: str | None, needs: list[str] | None) -> None:
    tags = (V1, V2, IN_STAGING, NEXT_THERE, AGAIN, FIRST, SECOND, THIRD, BACK, BACK_AGAIN)
    found = relied_on(tag, source, replay(tags).model("m"))
    assert (None if found is None else [each.tag for each in found]) == needs


@pytest.mark.parametrize(
    ("tags", "by"),
    [
        ((IN_STAGING,), None),
        ((IN_STAGING, NEXT_THERE), None),
        ((NEXT_THERE,), None),
        ((IN_STAGING, OUT), "m#staging!#3"),
        ((IN_STAGING, OUT, AGAIN), None),
        ((NEXT_THERE, IN_STAGING, *BACK_THERE), None),
    ],
    ids=["there", "replaced", "never there", "taken out", "taken out and put back", "the one that returns"],
)
def test_a_version_departs(tags: tuple[TagFact, ...], by: str | None) -> None:
    here = replay((V1, V2, *tags)).model("m").environment("staging")
    found = departure(V1.commit, here)
    assert (None if found is None else found.fact.tag) == by


def test_a_version_departs_by_a_rollback() -> None:
    here = replay((V1, V2, IN_STAGING, NEXT_THERE, *BACK_THERE)).model("m").environment("staging")
    found = departure(V2.commit, here)
    assert found is not None
    assert found.fact.tag == "m#staging#3"


S2 = moved("m#staging#2", 1, V1, seconds=2)
S3 = moved("m#staging#3", 1, V1, seconds=3)
ONE = moved("m#staging#1", 1, V1, seconds=1)
TAKEN = moved("m#staging!#2", 1, V1, seconds=2, action="unassign")
OTHER = moved("m#staging#2", 2, V2, seconds=2)
RETURNS = (moved("m#staging!#3", 2, V2, seconds=3), moved("m#staging#3", 1, V1, seconds=3, action="rollback"))
S4 = moved("m#staging#4", 1, V1, seconds=4)
S5 = moved("m#staging#5", 1, V1, seconds=5)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((ONE,), None),
        ((ONE, OTHER), None),
        ((ONE, OTHER, S3), None),
        ((ONE, S2), ("m#staging#1", ["m#staging#1"])),
        ((ONE, S2, S3), ("m#staging#1", ["m#staging#2", "m#staging#1"])),
        ((ONE, TAKEN, S3), ("m#staging#1", ["m#staging#1"])),
        ((ONE, OTHER, S3, S4), ("m#staging#3", ["m#staging#3"])),
        ((ONE, OTHER, *RETURNS, S4), ("m#staging#3", ["m#staging#1"])),
        ((ONE, OTHER, *RETURNS, S4, S5), ("m#staging#3", ["m#staging#4", "m#staging#1"])),
    ],
    ids=[
        *("the first", "another one was there", "it was there before another one", "once more", "twice more"),
        *("taken out in between", "once more after another one", "ends a hold", "after a hold"),
    ],
)
def test_a_promotion_of_what_is_there_relies_on_what_brought_it(
    tags: tuple[TagFact, ...], expected: tuple[str, list[str]] | None
) -> None:
    found = brought_by(tags[-1], replay((V1, V2, *tags)).model("m"))
    assert (None if found is None else (found.first.tag, [each.tag for each in found.promotions])) == expected
