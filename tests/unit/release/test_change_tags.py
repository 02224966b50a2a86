"""The tags of a change: their numbers, dates and statements."""

from __future__ import annotations

from mlgit.core.registry.message import parse_message
from mlgit.core.registry.statement import EnvironmentStatement, RejectionStatement
from mlgit.core.release.tag_plan import (
    Move,
    future_note,
    plan_assignment,
    plan_deregistration,
    plan_unassignment,
)
from tests.support.tags import commit, fact
from tests.unit.release.test_promotion import NOW, moved, state, written


def test_the_first_promotion_is_one_tag_and_the_next_a_pair_under_one_counter() -> None:
    first = moved(state(), 0)
    move = Move(action="promote", now=NOW)
    plan = plan_assignment(first, first.environment("prod"), first.versions[1], move)
    assert [str(tag.name) for tag in plan] == ["m#prod!#2", "m#prod#2"]
    assert [tag.commit for tag in plan] == [commit(0), commit(1)]
    assert plan[1].at_s == plan[0].at_s + 1
    only = plan_assignment(state(), state().environment("prod"), first.versions[0], move)
    assert [str(tag.name) for tag in only] == ["m#prod#1"]


def test_the_counter_continues_above_unassignments_and_gaps() -> None:
    model = state(fact("m#prod#3", 0), fact("m#prod!#7", 0))
    plan = plan_assignment(
        model, model.environment("prod"), model.versions[1], Move(action="promote", now=NOW)
    )
    assert [str(tag.name) for tag in plan] == ["m#prod#8"]


def test_new_tags_are_dated_after_the_newest_even_in_the_future() -> None:
    late = int(NOW.timestamp()) + 10**6
    model = state(fact("m#staging#1", 0, seconds=late))
    plan = plan_assignment(
        model, model.environment("prod"), model.versions[0], Move(action="promote", now=NOW)
    )
    assert plan[0].at_s == late + 1
    statement = parse_message(plan[0].message)
    assert statement is not None
    assert statement.at == "2026-05-03T12:00:00Z"
    assert len(future_note(model, NOW)) == 1
    assert future_note(state(), NOW) == ()


def test_the_statement_names_release_predecessor_and_sequence() -> None:
    model = moved(moved(state(), 0), 1)
    newest = model.environment("prod").changes[-1].fact.statement
    assert isinstance(newest, EnvironmentStatement)
    assert (newest.sequence, newest.version, newest.action, newest.reason) == (2, "v1.1.0", "promote", "why")
    assert newest.release is not None
    assert newest.release.tag == "m@v1.1.0"
    assert newest.previous is not None
    assert newest.previous.tag == "m#prod#1"


def test_emptying_closes_every_open_assignment() -> None:
    model = state(fact("m#prod#1", 0), fact("m#prod#2", 1))
    plan = plan_unassignment(model, model.environment("prod"), Move(action="unassign", now=NOW))
    assert [(str(tag.name), tag.commit) for tag in plan] == [
        ("m#prod!#3", commit(1)),
        ("m#prod!#4", commit(0)),
    ]
    assert written(model, plan).environment("prod").commit is None
    assert plan_unassignment(state(), state().environment("prod"), Move(action="unassign", now=NOW)) == ()


def test_a_rejection_is_one_tag_on_the_versions_commit() -> None:
    (tag,) = plan_deregistration(state(), state().versions[0], now=NOW, reason="leak")
    assert (str(tag.name), tag.commit) == ("m@v1.0.0!", commit(0))
    assert tag.message.startswith("Deregister m v1.0.0\n\nleak\n\n--- mlgit/v1\n")
    stated = parse_message(tag.message)
    assert isinstance(stated, RejectionStatement)
    assert (stated.version, stated.release.tag, stated.reason) == ("v1.0.0", "m@v1.0.0", "leak")
