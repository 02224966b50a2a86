"""Half of a change does not count: git shows the two tags of a pair one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.replay import in_order, replay
from tests.support.tags import commit, fact, stated

FIRST = fact("m#prod#1", 1, message=stated("promote"))
OUT = fact("m#prod!#2", 1, message=stated("promote"))
INTO = fact("m#prod#2", 2, message=stated("promote"))


def test_an_unassignment_that_states_a_promotion_waits_for_it() -> None:
    half = replay([FIRST, OUT]).model("m").environment("prod")
    assert half.commit == commit(1)
    assert half.unfinished == OUT
    assert [change.action for change in half.changes] == ["promote"]


def test_the_counter_of_half_a_change_is_in_use() -> None:
    assert replay([FIRST, OUT]).model("m").environment("prod").counter == 2


def test_both_tags_together_are_a_change() -> None:
    whole = replay([FIRST, OUT, INTO]).model("m").environment("prod")
    assert whole.commit == commit(2)
    assert whole.unfinished is None
    assert len(whole.changes) == 2


def test_an_unassignment_that_states_an_unassignment_or_nothing_counts_at_once() -> None:
    for message in (stated("unassign"), "by hand"):
        emptied = replay([FIRST, fact("m#prod!#2", 1, message=message)]).model("m").environment("prod")
        assert emptied.commit is None
        assert emptied.unfinished is None


def test_half_of_a_change_counts_once_a_later_change_follows() -> None:
    later = fact("m#prod#3", 3, message=stated("promote"))
    state = replay([FIRST, OUT, later]).model("m").environment("prod")
    assert state.commit == commit(3)
    assert [fact.tag for fact in state.open_assignments] == ["m#prod#3"]


def test_an_environment_with_only_half_of_a_change_holds_nothing() -> None:
    state = replay([OUT]).model("m").environment("prod")
    assert (state.commit, state.changes, state.unfinished) == (None, (), OUT)


@given(shown=st.permutations([FIRST, OUT, INTO]))
def test_in_any_order_of_tags_the_environment_is_never_seen_empty(shown: list) -> None:  # type: ignore[type-arg]
    seen = [replay(shown[:number]).model("m").environment("prod") for number in (1, 2, 3)]
    with_first = [state for number, state in enumerate(seen, start=1) if FIRST in shown[:number]]
    assert all(state.commit in {commit(1), commit(2)} for state in with_first)


@pytest.mark.parametrize(
    "tags",
    [
        # with equal counters, and without any at the same time, a pair begins with what is taken out
        [("m#prod#1", 0), ("m#prod!#2", 0), ("m#prod#2", 0), ("m#prod#3", 0)],
        [("m#prod!", 5), ("m#prod", 5)],
        [("m@v1.0.0#1", 0), ("m@v1.0.0!#1", 0), ("m@v1.0.0#2", 0)],
        # without a counter: after the last one that is not newer
        [("m#prod#1", 4), ("m#prod#2", 5), ("m#prod", 5), ("m#prod#3", 6)],
        [("m#prod", 3), ("m#prod#1", 4), ("m#prod#2", 9)],
        [("m#prod#1", 9), ("m#prod#2", 4), ("m#prod", 5)],
        # never between the two tags of one change
        [("m#prod#1", 0), ("m#prod!#2", 4), ("m#prod#2", 6), ("m#prod", 5), ("m#prod#3", 9)],
    ],
)
def test_each_tag_has_one_place_in_the_order(tags: list[tuple[str, int]]) -> None:
    facts = [fact(tag, at, seconds=seconds) for at, (tag, seconds) in enumerate(tags)]
    assert in_order(facts) == facts
    assert in_order(facts[::-1]) == facts


def test_only_the_tag_of_it_makes_a_model_deprecated() -> None:
    assert not replay([fact("m@v1.0.0", 1), FIRST]).model("m").deprecated
    assert replay([fact("m@v1.0.0", 1), fact("m@deprecated", 1)]).model("m").deprecated


def test_tags_without_counters_leave_every_counter_free_and_are_changes_of_their_own() -> None:
    state = (
        replay([fact("m#prod", 1, seconds=1), fact("m#prod!", 1, seconds=2)]).model("m").environment("prod")
    )
    assert (state.counter, state.commit, len(state.changes)) == (0, None, 2)
