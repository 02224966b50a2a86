"""The checker of histories agrees with a search through all orders, and finds random damage."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.support.history.checker import check, order_is_that_of_time
from tests.support.history.reads import reads_were_current
from tests.support.history.register import sort_out
from tests.support.history.scenario import Scenario
from tests.support.history.view import View

if TYPE_CHECKING:
    from tests.support.history.calls import History, Tag

# Against a search that tries every order

Event = tuple[str, int, int, int]
"""A writer's number or `read`, its start and end, and the value that was read."""


def possible(events: list[Event]) -> bool:
    """Whether an order exists that keeps time and the writers' numbers and gives each read its value."""
    writers = [event for event in events if event[0] != "read"]
    for order in permutations(events):
        if [event for event in order if event[0] != "read"] != writers:
            continue
        if any(later[2] < earlier[1] for place, earlier in enumerate(order) for later in order[place + 1 :]):
            continue
        value, right = 0, True
        for kind, _, _, seen in order:
            value = value if kind == "read" else int(kind)
            right = right and (kind != "read" or seen == value)
        if right:
            return True
    return False


SPANS = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda span: (span[0], span[0] + span[1]))


@given(writes=st.lists(SPANS, max_size=3), reads=st.lists(st.tuples(SPANS, st.integers(0, 3)), max_size=3))
def test_the_checker_agrees_with_a_search_through_all_orders(
    writes: list[tuple[int, int]], reads: list[tuple[tuple[int, int], int]]
) -> None:
    scenario = Scenario()
    scenario.release("v1.0.0", "c1", at=-9)
    events: list[Event] = []
    for number, (start, end) in enumerate(writes, start=1):
        scenario.move("promote", "dev", "v1.0.0", at=start, end=end)
        events.append((str(number), start, end, 0))
    for number, ((start, end), seen) in enumerate(reads):
        tags = [f"m#dev#{count}" for count in range(1, min(seen, len(writes)) + 1)]
        answer = {"events": [{"environment": "dev", "tag": tag} for tag in tags]}
        scenario.call(f"read{number}", "history", start, end=end, answer=answer)
        events.append(("read", start, end, min(seen, len(writes))))
    view = View(scenario.history, sort_out(scenario.history), {call.id: call for call in scenario.calls})
    problems = [
        *order_is_that_of_time(view),
        *(each for each in reads_were_current(view) if "did not see" not in each),
    ]
    assert (problems == []) == possible(events)


# What was legal, spoiled at random


@st.composite
def legal(draw: st.DrawFn) -> Scenario:
    """Promotions, rollbacks and unassignments of one environment, each at one moment of a span of time."""
    scenario = Scenario()
    versions = ["v1.0.0", "v2.0.0", "v3.0.0"]
    for number, each in enumerate(versions):
        scenario.release(each, f"c{number}", at=number - 10)
    for moment in range(10, 10 * draw(st.integers(2, 8)), 10):
        start, end = moment - draw(st.integers(0, 14)), moment + draw(st.integers(0, 14))
        state = sort_out(scenario.history_now).register("dev").states[-1]
        earlier = state.earlier
        verbs = [
            "promote",
            *(["unassign"] if state.commit else []),
            *(["rollback"] if earlier else []),
            "read",
        ]
        verb = draw(st.sampled_from(verbs))
        if verb == "read":
            scenario.read(f"read{moment}", at=moment, start=start, end=end)
            continue
        version: str | None = None
        if verb == "promote":
            # What is there already is not promoted again, unless that ends a hold.
            there = None if state.held else state.version
            version = draw(st.sampled_from([each for each in versions if each != there]))
        elif verb == "rollback":
            version = versions[int(earlier[-1][1])]
        killed = draw(st.booleans())
        status = None if killed else 0
        scenario.move(verb, "dev", version, at=moment, status=status, downgrade=True, start=start, end=end)
    return scenario


@given(scenario=legal())
def test_changes_that_happen_one_at_a_time_are_legal(scenario: Scenario) -> None:
    assert check(scenario.history) == []


@given(scenario=legal(), data=st.data())
def test_a_missing_or_duplicate_tag_is_found(scenario: Scenario, data: st.DataObject) -> None:
    moves = [tag for tag in scenario.tags if "#" in tag.name]
    if not moves:
        return
    tag = data.draw(st.sampled_from(moves))
    assert check(replace(scenario.history, tags=(*scenario.tags, tag)))
    spoiled = replace(scenario.history, tags=tuple(each for each in scenario.tags if each is not tag))
    newest = sort_out(scenario.history).register("dev").steps[-1]
    killed = next(call for call in scenario.calls if call.id == tag.by).status is None
    # A killed call's only and newest tag may be missing, if no one saw it.
    if not (killed and tag is newest.main_tag and None in {newest.out, newest.into}):
        assert check(spoiled)


@given(scenario=legal())
def test_two_swapped_changes_are_found_if_they_differ(scenario: Scenario) -> None:
    steps = sort_out(scenario.history).register("dev").steps
    for step, following in pairwise(steps):
        shapes = [(each.out is None, each.into is None) for each in (step, following)]
        if shapes[0] != shapes[1]:
            assert check(swapped(scenario.history, step.counter, following.counter))


def swapped(history: History, one: int, other: int) -> History:
    """Two changes with each other's counters."""
    numbers = {f"#{one}": f"#{other}", f"#{other}": f"#{one}"}

    def renamed(tag: Tag) -> Tag:
        head, mark, number = tag.name.rpartition("#")
        return replace(tag, name=head + numbers.get(mark + number, mark + number)) if mark else tag

    return replace(history, tags=tuple(renamed(tag) for tag in history.tags))
