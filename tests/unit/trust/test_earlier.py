"""What an environment holds and held: by the tags that count, and by what others say, the newest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.replay import replay
from mlgit.core.trust.earlier import held_ever, since
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, OUT, PAIR, V1, V2, ask, moved, rejection, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact
    from mlgit.core.trust.earlier import Earlier

UNREGISTERED = f"unregistered ({commit(7)[:7]})"
AGAIN = moved("m#prod#3", 1, V1, seconds=40)
V9 = release("m@v9.0.0", 9)
HALF = moved("m#prod!#2", 1, V2, seconds=20)
Found = list[tuple[str, int, str]]


def ever(
    *tags: TagFact, ignored: dict[str, int | None] | None = None, off: tuple[int, ...] = ()
) -> list[Earlier]:
    """`ignored` are tags without a message, with the number of their commit."""
    places = ignored or {}
    state = replace(ask(*tags, off=off), ignored=dict.fromkeys(places, "a lightweight tag"))

    def commit_of(tag: str) -> str | None:
        place = places[tag]
        return None if place is None else commit(place)

    return list(held_ever(state.environment("prod"), state, commit_of))


def shown(found: list[Earlier]) -> Found:
    """The label, the commit, and the tag that does not count."""
    return [(each.label, int(each.commit, 16), each.uncounted or "") for each in found]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((V1,), []),
        ((V1, FIRST), [("v1.0.0", 1, "")]),
        ((V1, V2, FIRST, *PAIR), [("v2.0.0", 2, ""), ("v1.0.0", 1, "")]),
        ((V1, V2, FIRST, *PAIR, OUT), [("v2.0.0", 2, ""), ("v1.0.0", 1, "")]),
        # without a release, by another tool
        ((V1, FIRST, fact("m#prod#2", 7, seconds=20)), [("v1.0.0", 1, ""), (UNREGISTERED, 7, "m#prod#2")]),
        # another environment, which does not count
        ((V1, FIRST, fact("m#staging#1", 2)), [("v1.0.0", 1, "")]),
    ],
)
def test_what_an_environment_holds_and_held(tags: tuple[TagFact, ...], expected: Found) -> None:
    assert shown(ever(*tags)) == expected


def test_what_was_taken_out_has_its_end_and_what_is_there_none() -> None:
    found = ever(V1, V2, FIRST, *PAIR)
    assert [each.ended and each.ended.fact.tag for each in found] == [None, "m#prod#2"]
    assert [each.version and each.version.tag for each in found] == [V2.tag, V1.tag]
    assert [each.rejected for each in found] == [None, None]


def test_what_is_rejected_says_so() -> None:
    (found,) = ever(V1, FIRST, rejection(V1))
    assert found.rejected is not None
    assert found.rejected.tag == "m@v1.0.0!"
    (found,) = ever(V1, FIRST, rejection(V1, states="v2.0.0"))  # which does not count
    assert found.rejected is None
    assert [each.rejected for each in ever(V1, FIRST, fact("m#prod#2", 7))] == [None, None]


@pytest.mark.parametrize(
    ("tags", "ignored", "off", "expected"),
    [
        # tags that do not count, the last one first; by their statement, or by the commit
        (
            (V1, V2, fact("m#prod#1", 1), moved("m#prod#2", 2, V2, seconds=1)),
            {},
            (2,),
            [("v2.0.0", 2, "m#prod#2"), ("v1.0.0", 1, "m#prod#1")],
        ),
        # without a message: by the commit, if that is here
        ((V1, V2), {"m#prod#1": 1}, (), [("v1.0.0", 1, "m#prod#1")]),
        (
            (V1,),
            {"m#prod#1": 1, "m#prod#2": 7},
            (),
            [(UNREGISTERED, 7, "m#prod#2"), ("v1.0.0", 1, "m#prod#1")],
        ),
        ((V1, V2), {"m#prod#1": None}, (), []),
        ((V1, V2), {"m#staging#1": 1, "m#prod!#2": 1, "m@v3.0.0": 3, "other": 1}, (), []),
    ],
)
def test_what_tags_say_that_do_not_count(
    tags: tuple[TagFact, ...], ignored: dict[str, int | None], off: tuple[int, ...], expected: Found
) -> None:
    found = ever(*tags, ignored=ignored, off=off)
    assert shown(found) == expected
    assert not any(each.together or each.ended for each in found)


@pytest.mark.parametrize(
    ("tags", "ignored", "expected"),
    [
        # the tag that took the first version out says that the second one came, if it is not the last one
        ((V1, V2, FIRST, HALF), {}, [("v1.0.0", 1, "")]),
        (
            (V1, V2, FIRST, HALF, AGAIN),
            {},
            [("v1.0.0", 1, ""), ("v1.0.0", 1, ""), ("v2.0.0", 2, "m#prod!#2")],
        ),
        # of a release that is not here nothing is known, of one without a message its commit
        ((V1, FIRST, HALF), {}, [("v1.0.0", 1, "")]),
        ((V1, FIRST, HALF), {"m@v2.0.0": 2}, [("v1.0.0", 1, ""), ("v2.0.0", 2, "m#prod!#2")]),
        ((V1, FIRST, HALF), {"m@v2.0.0": None}, [("v1.0.0", 1, "")]),
        ((V1, FIRST, HALF), {"m@v2.0.0!": 2, "other": 2, "m#prod#9": None}, [("v1.0.0", 1, "")]),
        # of one that does not count
        ((V1, FIRST, HALF, fact("m@v2.0.0", 2)), {}, [("v1.0.0", 1, ""), ("v2.0.0", 2, "m#prod!#2")]),
        # what counts goes before what does not
        (
            (V1, V2, FIRST, HALF, AGAIN),
            {"m@v2.0.0": 5},
            [("v1.0.0", 1, ""), ("v1.0.0", 1, ""), ("v2.0.0", 2, "m#prod!#2")],
        ),
        # in another environment
        ((V1, FIRST, moved("m#staging!#2", 1, V2)), {"m@v2.0.0": 2}, [("v1.0.0", 1, "")]),
        # an unassignment puts nothing there
        ((V1, V2, FIRST, moved("m#prod!#2", 1, V2, action="unassign", seconds=20)), {}, [("v1.0.0", 1, "")]),
    ],
)
def test_what_the_tag_of_the_same_change_says_was_put_there(
    tags: tuple[TagFact, ...], ignored: dict[str, int | None], expected: Found
) -> None:
    found = ever(*tags, ignored=ignored)
    assert shown(found) == expected
    assert [each.together for each in found] == [bool(each.uncounted) for each in found]


def test_both_tags_of_a_change_count_once_unless_they_differ() -> None:
    other = moved("m#prod!#2", 1, V9, seconds=20)
    found = ever(V1, V2, V9, FIRST, other, PAIR[1])
    assert ("v9.0.0", 9, "m#prod!#2") in shown(found)
    assert shown(ever(V1, V2, V9, FIRST, *PAIR)) == [("v2.0.0", 2, ""), ("v1.0.0", 1, "")]


ENVIRONMENTS = {
    name: Environment(name=name, source=source)
    for name, source in (("dev", None), ("test", "dev"), ("prod", "test"), ("other", None), ("loop", "loop"))
}
# Tags with their commit and time; the assignment that is asked about; what came since.
FOLLOWED: dict[str, tuple[tuple[tuple[str, int, int], ...], str, set[str]]] = {
    "only itself": ((("m#dev#1", 1, 10),), "m#dev#1", {"m#dev#1"}),
    "what came after it there": (
        (("m#dev#1", 1, 10), ("m#dev!#2", 1, 20), ("m#dev#2", 2, 20)),
        "m#dev#2",
        {"m#dev!#2", "m#dev#2"},
    ),
    "its way on": (
        (
            ("m#test#1", 1, 5),
            ("m#dev#2", 2, 20),
            ("m#test!#2", 1, 30),
            ("m#test#2", 2, 30),
            ("m#prod#1", 2, 40),
        ),
        "m#dev#2",
        {"m#dev!#2", "m#dev#2", "m#test!#2", "m#test#2", "m#prod!#1", "m#prod#1"},
    ),
    "what came after it there, too": (
        (("m#dev#2", 2, 20), ("m#prod#3", 2, 20), ("m#prod#4", 5, 90)),
        "m#dev#2",
        {"m#dev!#2", "m#dev#2", "m#prod!#3", "m#prod#3", "m#prod#4"},
    ),
    "an older promotion of the same commit": (
        (("m#prod#1", 2, 1), ("m#prod#2", 1, 5), ("m#dev#2", 2, 20)),
        "m#dev#2",
        {"m#dev!#2", "m#dev#2"},
    ),
    "where it came from, and elsewhere": (
        (("m#test#2", 2, 20), ("m#dev#2", 2, 30), ("m#other#2", 2, 30)),
        "m#test#2",
        {"m#test!#2", "m#test#2"},
    ),
    "an environment that follows itself": ((("m#loop#1", 1, 1),), "m#loop#1", {"m#loop!#1", "m#loop#1"}),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_what_came_since_an_assignment(case: str) -> None:
    tags, asked, expected = FOLLOWED[case]
    facts = {tag: fact(tag, at, seconds=seconds) for tag, at, seconds in tags}
    found = since(facts[asked], replay(facts.values()).model("m"), ENVIRONMENTS)
    assert {tag for tag in found if tag in facts} == {tag for tag in expected if tag in facts}
