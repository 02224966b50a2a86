"""What an environment held before, who emptied it, and whether its history is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.moves import emptied, held_before, held_last, qualified, require_history, stack
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
        ((FIRST, *PAIR, OUT), False, "the tag `m#prod!#3` of Ada took v2.0.0 of `m` out on {at}"),
        (
            (FIRST, *PAIR, OUT, rejection(V2)),
            False,
            "the tag `m#prod!#3` of Ada took v2.0.0 of `m` out on {at}, and Ada deregistered it on {at}",
        ),
        (
            (FIRST, *PAIR, OUT, rejection(V1)),
            False,
            "the tag `m#prod!#3` of Ada took v2.0.0 of `m` out on {at}",
        ),
        # by other tools
        (
            (UNREGISTERED, fact("m#prod!#2", 7, seconds=20)),
            True,
            f"the tag `m#prod!#2` of Ada took unregistered ({commit(7)[:7]}) of `m` out on {AT}",
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
    text = f"the tag `m#prod!#3` of Ada took what is at {commit(9)[:7]} of `m` out on {AT}"
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


def test_a_lost_tag_may_have_put_any_version_there_if_the_other_one_names_none() -> None:
    state = replay((*RELEASES, FIRST, moved("m#prod!#2", 1, None, seconds=20), THIRD)).model("m")
    with pytest.raises(StateError):
        require_history(state, "prod", otherwise="ask", version="v3.0.0")
