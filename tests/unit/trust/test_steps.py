"""Steps: what took the place of what, among releases and in an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.replay import replay
from mlgit.core.trust.relied_on import promotion_steps, release_steps, rollbacks_before_promotions
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import V1, V2, moved, rejection, release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.registry.state import TagFact

ONE = release("m@v1.0.0", 1, seconds=10)
TWO = release("m@v1.1.0", 2, seconds=20)
THREE = release("m@v1.2.0", 3, seconds=30)


def rejected(tag: TagFact, seconds: int) -> TagFact:
    return rejection(tag)._replace(tagged_at_s=seconds)


def number(text: str) -> int:
    return next(each for each in range(20) if commit(each) == text)


def steps_of(tags: Iterable[TagFact]) -> list[tuple[str, str]]:
    """The releases of commits 1, 2, 3 …, which follow each other on trunk at 10, 20, 30 … seconds."""
    versions = [*reversed(replay(tags).model("m").versions)]
    found = release_steps(
        versions,
        precedes=lambda old, new: number(old) <= number(new),
        committed_s=lambda each: number(each) * 10,
    )
    return [(each.label, each.label_before + " later" * each.later) for each in found]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((ONE,), []),
        ((ONE, TWO, THREE), [("v1.2.0", "v1.1.0"), ("v1.1.0", "v1.0.0")]),
        ((ONE, TWO, THREE, rejected(TWO, 25)), [("v1.2.0", "v1.0.0")]),
        ((ONE, TWO, THREE, rejected(TWO, 30)), [("v1.2.0", "v1.0.0")]),
        ((ONE, TWO, THREE, rejected(TWO, 35)), [("v1.2.0", "v1.1.0"), ("v1.1.0", "v1.0.0")]),
        ((ONE, TWO, THREE, rejected(THREE, 35)), [("v1.1.0", "v1.0.0")]),
        ((ONE, release("m@v0.9.0", 2, seconds=5), THREE), [("v1.2.0", "v1.0.0")]),
        ((release("m@v1.0.0", 2, seconds=40), THREE), [("v1.2.0", "v1.0.0 later")]),
        ((release("m@v1.0.0", 2, seconds=40), THREE._replace(tagged_at_s=25)), [("v1.2.0", "v1.0.0")]),
        ((ONE, release("m@v1.1.0", 9, seconds=20), THREE), [("v1.2.0", "v1.0.0"), ("v1.1.0", "v1.0.0")]),
    ],
    ids=[
        *(
            "the first",
            "one after the other",
            "rejected before",
            "rejected at once",
            "rejected after the next",
        ),
        *("the newest rejected", "a lower number of a newer commit", "an old commit that was released later"),
        *("dated before its commit", "not behind it in Git"),
    ],
)
def test_a_release_follows_what_was_there(tags: tuple[TagFact, ...], expected: list[tuple[str, str]]) -> None:
    assert steps_of(tags) == expected


IN = moved("m#prod#1", 1, V1, seconds=31)
NEXT = (
    moved("m#prod!#2", 1, V1, seconds=32),
    moved("m#prod#2", 2, V2, seconds=32),
)
OUT = moved("m#prod!#2", 1, V1, seconds=32, action="unassign")
AFTER = moved("m#prod#3", 2, V2, seconds=33)
AGAIN = moved("m#prod#4", 2, V2, seconds=34)
BACK = (moved("m#prod!#3", 2, V2, seconds=33), moved("m#prod#3", 1, V1, seconds=33, action="rollback"))
V3 = fact("m@v1.0.2", 3)
EMPTY = moved("m#prod!#3", 2, V2, seconds=33, action="unassign")
THIRD = moved("m#prod#4", 3, V3, seconds=34)
LAST = moved("m#prod#5", 1, V1, seconds=35)
BACK_TO_TWO = (
    moved("m#prod!#4", 1, V1, seconds=34),
    moved("m#prod#4", 2, V2, seconds=34, action="rollback"),
)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((IN,), []),
        ((IN, *NEXT), [("m#prod#2", 1)]),
        ((IN, OUT, AFTER), [("m#prod#3", 1)]),
        ((IN, OUT, AFTER, AGAIN), [("m#prod#3", 1)]),
        ((IN, *NEXT, *BACK), [("m#prod#2", 1)]),
        ((IN, *NEXT, *BACK, AGAIN), [("m#prod#4", 1), ("m#prod#2", 1)]),
        ((IN, *NEXT, EMPTY, THIRD), [("m#prod#4", 2), ("m#prod#2", 1)]),
        ((IN, *NEXT, EMPTY, rejected(V2, 33), THIRD), [("m#prod#4", 1), ("m#prod#2", 1)]),
        ((IN, *NEXT, EMPTY, THIRD, rejected(V2, 40)), [("m#prod#4", 2), ("m#prod#2", 1)]),
    ],
    ids=[
        *("the first", "the next", "after it was emptied", "once more", "a rollback", "after a rollback"),
        *("emptied twice", "what was rejected before", "what was rejected later"),
    ],
)
def test_a_promotion_follows_what_was_there(
    tags: tuple[TagFact, ...], expected: list[tuple[str, int]]
) -> None:
    state = replay((V1, V2, V3, *tags)).model("m")
    found = [
        (each.fact.tag, number(each.before)) for each in promotion_steps(state.environment("prod"), state)
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((IN, *NEXT, *BACK), []),
        ((IN, *NEXT, *BACK, THIRD), [("m#prod#3", 2, [3])]),
        ((IN, *NEXT, *BACK, THIRD, LAST), [("m#prod#3", 2, [1, 3])]),
        ((IN, *NEXT, EMPTY, BACK[1]._replace(tagged_at_s=34), THIRD), [("m#prod#3", 2, [3])]),
        ((IN, *NEXT, *BACK, THIRD, rejected(V2, 40)), []),
        ((IN, *NEXT, *BACK, *BACK_TO_TWO, LAST), [("m#prod#4", 1, [1]), ("m#prod#3", 2, [1])]),
        ((IN, *NEXT, THIRD), []),
    ],
    ids=[
        *("nothing came after it", "a promotion", "two promotions", "into an emptied environment"),
        *("from what was rejected later", "two rollbacks", "no rollback"),
    ],
)
def test_a_rollback_lowers_what_is_promoted_after_it(
    tags: tuple[TagFact, ...], expected: list[tuple[str, int, list[int]]]
) -> None:
    state = replay((V1, V2, V3, *tags)).model("m")
    found = [
        (each.step.fact.tag, number(each.step.before), [number(fact.commit) for fact in each.since])
        for each in rollbacks_before_promotions(state.environment("prod"), state)
    ]
    assert found == expected
