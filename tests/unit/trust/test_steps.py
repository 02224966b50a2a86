"""Steps: what took the place of what, among releases and in an environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.statement import ReleaseStatement, TagPointer
from mlgit.core.trust.relied_on import (
    Commits,
    first_step,
    promotion_steps,
    release_steps,
    rollbacks_before_promotions,
)
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import V1, V2, moved, rejection, release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.registry.state import TagFact

ONE = release("m@v1.0.0", 1, seconds=10)
TWO = release("m@v1.1.0", 2, seconds=20)
THREE = release("m@v1.2.0", 3, seconds=30)


BETWEEN = release("m@v0.1.0", 1, seconds=35)
PRE = release("m@v1.2.0-rc.1", 2, seconds=25)
NEXT_PRE = release("m@v1.2.0-rc.2", 3, seconds=30)
FIRST_PRE = release("m@v1.0.0-rc.1", 1, seconds=10)
LATER = [("v1.2.0", "v1.0.5 later"), ("v1.2.0", "v1.0.0"), ("v1.0.5", "v1.0.0")]
LOWEST = ("v1.0.0", "v0.1.0")
EARLIER = [("v1.2.0", "v1.0.5"), ("v1.0.5", "v1.0.0")]
FORMER = [("v1.2.0", "old@v3.1.0"), ("v3.1.0", "v3.0.0")]


def after(previous: TagFact | None, tag: TagFact) -> TagFact:
    """A release that states which one was the newest before it."""
    found = tag.statement
    assert isinstance(found, ReleaseStatement)
    newest = None if previous is None else TagPointer(tag=previous.tag, oid=previous.oid)
    message = write_message("Release", "", replace(found, previous=newest))
    return tag._replace(read=lambda _: message)


def late(previous: TagFact | None) -> TagFact:
    """A release of the second commit after that of the third one, by its date."""
    return after(previous, release("m@v1.0.5", 2, seconds=40))


def rejected(tag: TagFact, seconds: int) -> TagFact:
    return rejection(tag)._replace(tagged_at_s=seconds)


def number(text: str) -> int:
    return next(each for each in range(20) if commit(each) == text)


def steps_of(tags: Iterable[TagFact]) -> list[tuple[str, str]]:
    """The releases of commits 1, 2, 3 …, which follow each other on trunk at 10, 20, 30 … seconds.

    Those of `old`, the model's name before, come last. Trunk's tip was at commits with odd numbers.
    """
    registry = replay(tags)
    versions = [each for name in ("m", "old") for each in reversed(registry.model(name).versions)]
    commits = Commits(
        precedes=lambda old, new: number(old) <= number(new),
        committed_s=lambda each: number(each) * 10,
        was_tip=lambda each: number(each) % 2 == 1,
    )
    found = release_steps(versions, commits)
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
        ((late(THREE), THREE), [("v1.2.0", "v1.0.5 later")]),
        ((ONE, late(THREE), THREE), LATER),
        ((ONE, late(BETWEEN), after(THREE, BETWEEN), THREE), [*LATER, LOWEST]),
        ((ONE, late(BETWEEN), fact("m@v0.1.0", 1, seconds=35), THREE), [*LATER, ("v1.0.0", "v0.1.0 later")]),
        ((late(None), THREE), [("v1.2.0", "v1.0.5")]),
        ((ONE, late(ONE), THREE), EARLIER),
        ((ONE, late(BETWEEN), THREE), EARLIER),
        ((release("m@v1.0.0", 2, seconds=40), THREE._replace(tagged_at_s=25)), [("v1.2.0", "v1.0.0")]),
        ((ONE, release("m@v1.1.0", 9, seconds=20), THREE), [("v1.2.0", "v1.0.0"), ("v1.1.0", "v1.0.0")]),
        ((ONE, PRE, THREE), [("v1.2.0", "v1.0.0"), ("v1.2.0-rc.1", "v1.0.0")]),
        ((ONE, PRE, NEXT_PRE), [("v1.2.0-rc.2", "v1.2.0-rc.1"), ("v1.2.0-rc.1", "v1.0.0")]),
        ((FIRST_PRE, TWO), [("v1.1.0", "v1.0.0-rc.1")]),
        ((PRE, THREE), []),
        ((fact("old@v3.0.0", 1), TWO, THREE), [("v1.2.0", "v1.1.0"), ("v1.1.0", "old@v3.0.0")]),
        ((fact("old@v3.0.0", 1), fact("old@v3.1.0", 2), THREE), FORMER),
    ],
    ids=[
        *(
            "the first",
            "one after the other",
            "rejected before",
            "rejected at once",
            "rejected after the next",
        ),
        *(
            "the newest rejected",
            "a lower number of a newer commit",
            "an old commit that was released later",
            "and one before",
        ),
        *("after one between", "after one that states nothing", "the first by its date"),
        *("it knew of an older one only", "after one that is gone"),
        *("dated before its commit", "not behind it in Git", "a pre-release", "two pre-releases"),
        *("before the first final one", "on a branch before the first", "a former name", "two under it"),
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


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((moved("m#live#1", 2, V2, seconds=5),), ("v2.0.0", "v1.0.0 in `prod`")),
        ((moved("m#live#1", 1, V1, seconds=40),), None),
        ((moved("m#live#1", 2, V2, seconds=40, action="rollback"),), None),
        ((), None),
    ],
    ids=["whatever its date is", "the same version", "no promotion", "nothing is there"],
)
def test_the_first_promotion_follows_what_is_under_the_former_name(
    tags: tuple[TagFact, ...], expected: tuple[str, str] | None
) -> None:
    state = replay((V1, V2, IN, *tags)).model("m")
    found = first_step(state.environment("live"), state.environment("prod"), IN)
    assert (None if found is None else (found.label, found.label_before)) == expected
