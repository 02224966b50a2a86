"""What an environment held before, who emptied it, and whether its history is whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.events import events_of, is_about, newest_first
from mlgit.core.registry.moves import (
    departure,
    emptied,
    held_before,
    held_last,
    how_it_left,
    incomplete_changes,
    qualified,
    ranked,
    require_history,
    stack,
)
from mlgit.core.registry.replay import replay
from mlgit.errors import StateError
from tests.support.tags import commit, fact
from tests.unit.trust.test_accept import FIRST, OUT, PAIR, V1, V2, ask, moved, rejection, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact

V3 = release("m@v3.0.0", 3)
RELEASES = (V1, V2, V3)
HALF = moved("m#prod!#2", 1, V2, seconds=20)
THIRD = moved("m#prod#3", 3, V3, seconds=30)
BACK_HALF = moved("m#prod!#2", 1, V2, seconds=20, action="rollback")
ROLLBACK = (moved("m#prod!#3", 2, V1, seconds=30), moved("m#prod#3", 1, V1, seconds=31, action="rollback"))
AGAIN = moved("m#prod#4", 2, V2, seconds=40)
AT = "1970-01-01 00:00 UTC"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), []),
        ((FIRST,), []),
        ((FIRST, *PAIR), [("m#prod#1", "m#prod#2")]),
        ((FIRST, *PAIR, OUT), [("m#prod#2", "m#prod!#3"), ("m#prod#1", "m#prod#2")]),
        ((FIRST, *PAIR, *ROLLBACK), [("m#prod#2", "m#prod#3"), ("m#prod#1", "m#prod#2")]),
    ],
)
def test_what_was_held_before_and_what_ended_it(
    tags: tuple[TagFact, ...], expected: list[tuple[str, str]]
) -> None:
    here = ask(*RELEASES, *tags).environment("prod")
    assert [(held.tag, end.fact.tag) for held, end in held_before(here)] == expected


@pytest.mark.parametrize(
    ("tags", "last"),
    [
        ((FIRST,), None),
        ((FIRST, *PAIR, OUT), "m#prod#2"),
        ((FIRST, *PAIR, OUT, rejection(V2)), "m#prod#1"),
        ((FIRST, *PAIR, OUT, rejection(V1)), "m#prod#2"),
        ((FIRST, *PAIR, OUT, rejection(V1), rejection(V2)), None),
        # which does not count
        ((FIRST, *PAIR, OUT, rejection(V2, states="v1.0.0")), "m#prod#2"),
    ],
)
def test_what_an_empty_environment_held_last(tags: tuple[TagFact, ...], last: str | None) -> None:
    state = ask(*RELEASES, *tags)
    found = held_last(state.environment("prod"), state)
    assert (None if found is None else found[0].tag) == last


UNREGISTERED = fact("m#prod#1", 7, seconds=10)


@pytest.mark.parametrize(
    ("tags", "foreign", "text"),
    [
        ((), False, None),
        ((FIRST,), False, None),
        ((FIRST, *PAIR, OUT), False, "Ada took v2.0.0 of `m` out on {at} (`m#prod!#3`)"),
        (
            (FIRST, *PAIR, OUT, rejection(V2)),
            False,
            "Ada took v2.0.0 of `m` out on {at} (`m#prod!#3`), and Ada deregistered it on {at}",
        ),
        (
            (FIRST, *PAIR, OUT, rejection(V1)),
            False,
            "Ada took v2.0.0 of `m` out on {at} (`m#prod!#3`)",
        ),
        # by other tools
        (
            (UNREGISTERED, fact("m#prod!#2", 7, seconds=20)),
            True,
            f"Ada took unregistered ({commit(7)[:7]}) of `m` out on {AT} (`m#prod!#2`)",
        ),
    ],
)
def test_who_emptied_an_environment(tags: tuple[TagFact, ...], *, foreign: bool, text: str | None) -> None:
    state = ask(*RELEASES, *tags, foreign=foreign)
    found = emptied(state.environment("prod"), state)
    assert found == (None if text is None else text.format(at="2026-05-03 12:00 UTC"))


def test_what_is_taken_out_is_what_the_tag_says_if_something_else_was_there() -> None:
    off = fact("m#prod!#3", 9, seconds=30)
    state = ask(*RELEASES, UNREGISTERED, fact("m#prod!#2", 7, seconds=20), off, foreign=True)
    text = f"Ada took what is at {commit(9)[:7]} of `m` out on {AT} (`m#prod!#3`)"
    assert emptied(state.environment("prod"), state) == text


@pytest.mark.parametrize(
    ("tags", "back", "next_step"),
    [
        ((FIRST, *PAIR), (1, 2), {1, 2}),
        ((FIRST, *PAIR, OUT), (1,), {1}),
        ((FIRST, *PAIR, *ROLLBACK), (1,), {1}),
        ((FIRST, *PAIR, *ROLLBACK, AGAIN), (1, 2), {1, 2}),
        # a promotion whose tag is lost
        ((FIRST, HALF, THIRD), (1, 3), {1, 3}),
        # a rollback whose tag is lost took its version away
        ((FIRST, BACK_HALF, THIRD), (3,), {3}),
    ],
)
def test_where_an_environment_can_go(
    tags: tuple[TagFact, ...], back: tuple[int, ...], next_step: set[int]
) -> None:
    here = ask(*RELEASES, *tags).environment("prod")
    assert stack(here) == tuple(commit(each) for each in back)
    assert qualified(here) == {commit(each) for each in next_step}


LOST = "the tag `m#prod#2`, written with `m#prod!#2`, is not here"
ALIEN = fact("m#prod#2", 2, seconds=20)


@pytest.mark.parametrize(
    ("tags", "options", "text"),
    [
        ((FIRST, *PAIR), {}, None),
        ((FIRST, HALF, THIRD), {}, LOST),
        # of another version, or before the commit that is asked about
        ((FIRST, HALF, THIRD), {"version": "v2.0.0"}, LOST),
        ((FIRST, HALF, THIRD), {"version": "v3.0.0"}, None),
        ((FIRST, HALF, THIRD), {"after": commit(3)}, None),
        ((FIRST, HALF, THIRD), {"after": commit(1)}, LOST),
        # the same version was put there again
        ((FIRST, HALF, THIRD, AGAIN), {}, None),
        # a tag of another tool has its name
        ((FIRST, HALF, ALIEN, THIRD), {}, LOST.replace("is not here", "was replaced")),
    ],
)
def test_a_history_without_one_tag_of_a_change_is_not_whole(
    tags: tuple[TagFact, ...], options: dict[str, str], text: str | None
) -> None:
    state = ask(*RELEASES, *tags)
    if text is None:
        require_history(state, "prod", otherwise="ask", **options)
        return
    with pytest.raises(StateError) as raised:
        require_history(state, "prod", otherwise="ask", **options)
    assert str(raised.value) == f"What `prod` held of `m` before is not known here: {text}"
    assert raised.value.hint == "run `git fetch --force --tags`; if no clone has that tag, ask"


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        ((FIRST, *PAIR), "replaced it"),
        ((FIRST, *PAIR, OUT), "took it out"),
        ((FIRST, *PAIR, *ROLLBACK), "rolled it back"),
        ((FIRST, BACK_HALF, THIRD), "rolled it back"),
    ],
)
def test_how_a_version_left(tags: tuple[TagFact, ...], left: str) -> None:
    changes = ask(*RELEASES, *tags).environment("prod").changes
    assert how_it_left(changes[1] if THIRD in tags else changes[-1]) == left


@pytest.mark.parametrize(
    ("version", "tags"),
    [
        (V1, ["m#prod#3", "m#prod#2", "m#prod#1", "m@v1.0.0"]),
        # also the rollback by which it left
        (V2, ["m#prod#3", "m#prod#2", "m@v2.0.0"]),
        (V3, ["m@v3.0.0"]),
    ],
)
def test_the_events_of_a_version_have_what_took_its_place(version: TagFact, tags: list[str]) -> None:
    state = ask(*RELEASES, FIRST, *PAIR, *ROLLBACK)
    mine = next(each for each in state.versions if each.fact == version)
    events = newest_first(each for each in events_of(state) if is_about(each.event, mine))
    assert [each.tag for each in events] == tags


@pytest.mark.parametrize(
    ("tags", "before", "numbers"),
    [
        ((FIRST, *PAIR, THIRD), 4, []),
        ((FIRST, HALF, THIRD), 4, [2]),
        ((FIRST, THIRD, AGAIN), 4, [2]),
        ((*PAIR, THIRD), 3, [1]),
        ((FIRST, OUT), 2, []),
    ],
)
def test_the_changes_that_are_not_whole_in_a_clone(
    tags: tuple[TagFact, ...], before: int, numbers: list[int]
) -> None:
    here = ask(*RELEASES, *tags).environment("prod")
    assert list(incomplete_changes(here, before)) == numbers


def test_a_lost_tag_may_have_put_any_version_there_if_the_other_one_names_none() -> None:
    state = replay((*RELEASES, FIRST, moved("m#prod!#2", 1, None, seconds=20), THIRD)).model("m")
    with pytest.raises(StateError):
        require_history(state, "prod", otherwise="ask", version="v3.0.0")


ONE, TWO = fact("m#prod#1", 1, seconds=10), fact("m#prod#2", 2, seconds=20)
OLDER_OUT = fact("m#prod!#3", 1, seconds=30)
"""Another tool takes out the older one of two."""


def test_what_another_tool_took_out_is_what_its_tag_is_at() -> None:
    state = ask(*RELEASES, ONE, TWO, OLDER_OUT, foreign=True)
    here = state.environment("prod")
    assert qualified(here) == {V2.commit}
    assert [(held.tag, end.fact.tag) for held, end in held_before(here)] == [("m#prod#1", "m#prod#2")]
    left = departure(V1.commit, here)
    assert left is not None
    assert left.fact == OLDER_OUT
    assert departure(V2.commit, here) is None
    text = f"Ada took what is at {V1.commit[:7]} of `m` out on {AT} (`m#prod!#3`)"
    assert emptied(replace(here, holder=None), state) == text


def test_a_rollback_takes_out_what_was_there_also_without_its_other_tag() -> None:
    here = ask(*RELEASES, FIRST, *PAIR, ROLLBACK[1]).environment("prod")
    assert qualified(here) == {V1.commit}
    left = departure(V2.commit, here)
    assert left is not None
    assert left.fact == ROLLBACK[1]


def test_what_was_replaced_did_not_leave_with_what_came_after_it() -> None:
    here = ask(*RELEASES, FIRST, *PAIR, OUT).environment("prod")
    assert departure(V1.commit, here) is None
    here = ask(*RELEASES, FIRST, HALF, THIRD).environment("prod")
    assert departure(V1.commit, here) is None


def test_what_is_taken_out_of_an_empty_environment_is_what_the_tag_says() -> None:
    off = moved("m#prod!#2", 1, V1, action="unassign", seconds=20)
    idle = moved("m#prod!#3", 2, V2, action="unassign", seconds=30)
    state = replay((*RELEASES, FIRST, off, idle)).model("m")
    text = "Ada took v2.0.0 of `m` out on 2026-05-03 12:00 UTC (`m#prod!#3`)"
    assert emptied(state.environment("prod"), state) == text


def test_what_has_no_release_is_not_deregistered() -> None:
    state = ask(UNREGISTERED, fact("m#prod!#2", 7, seconds=20), foreign=True)
    found = held_last(state.environment("prod"), state)
    assert found is not None
    assert found[0].tag == "m#prod#1"


def test_two_tags_without_a_version_are_not_about_the_same_one() -> None:
    half = moved("m#prod!#2", 1, None, seconds=20)
    state = replay((*RELEASES, FIRST, half, fact("m#prod#3", 3, seconds=30))).model("m")
    with pytest.raises(StateError):
        require_history(state, "prod", otherwise="ask")


@pytest.mark.parametrize(
    ("tags", "first", "others"),
    [
        ((), ["m@v3.0.0", "m@v2.0.0", "m@v1.0.0"], []),
        ((FIRST,), ["m@v1.0.0", "m@v3.0.0", "m@v2.0.0"], []),
        ((FIRST, *PAIR, OUT), ["m@v2.0.0", "m@v1.0.0", "m@v3.0.0"], []),
        ((release("m@v3.0.1-rc.1", 4), release("m@v3.0.1-rc.2", 5)), ["m@v3.0.0"], ["m@v3.0.1-rc.2"]),
        ((release("m@v3.0.1-rc.1", 4), moved("m#prod#1", 4, V3, seconds=30)), ["m@v3.0.0"], []),
    ],
)
def test_no_pre_release_is_before_what_an_environment_had_or_a_final_version(
    tags: tuple[TagFact, ...], first: list[str], others: list[str]
) -> None:
    found, later = ranked(ask(*RELEASES, *tags))
    assert [each.tag for each in found][: len(first)] == first
    assert [each.tag for each in later][: len(others)] == others
    assert all(each.version.final for each in found if each.commit != commit(4))
