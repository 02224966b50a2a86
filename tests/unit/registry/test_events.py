"""Events of a model, in an order that no clock can reverse."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.entries import model_entry
from mlgit.core.registry.events import Details, History, events_of, held_entry, newest_first
from mlgit.core.registry.message import write_message
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import label_of
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    FileDigest,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
)
from mlgit.render.console import plain
from mlgit.render.formats.jsonout import to_json
from mlgit.render.pages import history, show
from tests.support.tags import commit, fact

if TYPE_CHECKING:
    from mlgit.core.registry.events import Event
    from mlgit.core.registry.state import ModelState, TagFact

RELEASE = ReleaseStatement(
    model="m",
    version="v1.0.0",
    commit=commit(1),
    tree="d" * 40,
    at="2026-01-01T00:00:00Z",
    lock_sha256="e" * 64,
    files=(FileDigest(path="model.bin", md5="f" * 32),),
    inputs={"data.csv": "md5:1"},
    params={"params.yaml:lr": "0.1"},
    metrics={"metrics.json:auc": "0.9"},
    gates=(GateOutcome(gate="floor", outcome="pass"),),
    builder=Builder(kind="local"),
    previous=TagPointer(tag="m@v0.9.0", oid="b" * 40),
)
ROLLBACK = EnvironmentStatement(
    model="m", environment="prod", sequence=3, action="rollback", at="2026-01-01T00:00:00Z", reason="drift"
)


def model(*facts: TagFact) -> ModelState:
    return replay(facts).model("m")


def listed(state: ModelState, environment: str | None = None) -> tuple[Event, ...]:
    return newest_first(events_of(state, environment))


def actions(state: ModelState, environment: str | None = None) -> list[tuple[str, str | None, str | None]]:
    return [(each.action, each.label, each.before) for each in listed(state, environment)]


WALK = model(
    fact("m@v1.0.0", 1, seconds=1),
    fact("m@v1.1.0", 2, seconds=2),
    fact("m#prod#1", 1, seconds=3),
    fact("m#prod!#2", 1, seconds=4),
    fact("m#prod#2", 2, seconds=5),
    fact("m#prod!#3", 2, seconds=6),
    fact(
        "m#prod#3",
        1,
        seconds=7,
        message=write_message("Back", "", replace(ROLLBACK, at="1970-01-01T00:00:07Z")),
    ),
    fact("m@v1.1.0!", 2, seconds=8, message="Deregister m v1.1.0\n\nleak\nof labels\n"),
    fact("m#prod!#4", 1, seconds=9),
    fact("m#dev#1", 9, seconds=10),
    fact("m@deprecated", 2, seconds=11, message="Old\n\nnobody needs it"),
)


def test_events_of_a_model_are_sorted_newest_first() -> None:
    assert actions(WALK) == [
        ("deprecate", None, None),
        ("promote", "unregistered (0000000)", None),
        ("unassign", "v1.0.0", "v1.0.0"),
        ("deregister", "v1.1.0", None),
        ("rollback", "v1.0.0", "v1.1.0"),
        ("promote", "v1.1.0", "v1.0.0"),
        ("promote", "v1.0.0", None),
        ("release", "v1.1.0", None),
        ("release", "v1.0.0", None),
    ]


def test_events_of_one_environment_are_only_its_own_changes() -> None:
    assert [each.tag for each in listed(WALK, "prod")] == ["m#prod!#4", "m#prod#3", "m#prod#2", "m#prod#1"]
    assert {each.environment for each in listed(WALK, "prod")} == {"prod"}
    assert listed(WALK, "staging") == ()


def test_a_reason_comes_from_the_statement_or_the_rejection() -> None:
    reasons = {each.tag: each.reason for each in listed(WALK)}
    assert reasons["m#prod#3"] == "drift"
    assert reasons["m@v1.1.0!"] == "leak"
    assert {reasons[tag] for tag in ("m@v1.0.0", "m#prod#1", "m@deprecated")} == {None}


def test_a_rejection_without_words_has_no_reason() -> None:
    state = model(fact("m@v1.0.0", 1), fact("m@v1.0.0!", 1, message="Deregister m v1.0.0\n"))
    assert [each.reason for each in listed(state) if each.action == "deregister"] == [None]


def test_an_event_names_its_tag_and_who_made_it() -> None:
    (event,) = listed(model(fact("m#prod#1", 1, seconds=60)))
    known = fact("m#prod#1", 1)
    assert (event.author, event.email) == ("Ada", "ada@example.org")
    assert (event.tag, event.oid, event.commit) == ("m#prod#1", known.oid, commit(1))
    assert event.at == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def test_within_one_stated_second_the_taggers_time_decides() -> None:
    release = fact("m@v1.0.0", 1, seconds=7, message=write_message("s", "", RELEASE))
    rollback = fact("m#prod#3", 1, seconds=8, message=write_message("s", "", ROLLBACK))
    assert [each.action for each in listed(model(rollback, release))] == ["rollback", "release"]


def test_an_earlier_stated_time_does_not_reverse_an_environments_order() -> None:
    late = replace(ROLLBACK, at="2030-01-01T00:00:00Z")
    early = replace(ROLLBACK, at="2020-01-01T00:00:00Z")
    state = model(
        fact("m#prod#1", 1, seconds=1, message=write_message("s", "", late)),
        fact("m#prod#2", 2, seconds=2, message=write_message("s", "", early)),
        fact("m#dev#1", 3, seconds=1_800_000_000),
    )
    assert [each.tag for each in listed(state)] == ["m#prod#2", "m#prod#1", "m#dev#1"]


@given(st.lists(st.integers(0, 2**33), min_size=2, max_size=6))
def test_no_clock_reverses_an_environments_order(clocks: list[int]) -> None:
    tags = [f"m#prod#{number}" for number in range(1, len(clocks) + 1)]
    facts = [fact(tag, number, seconds=clocks[number]) for number, tag in enumerate(tags)]
    assert [each.tag for each in listed(model(*facts))] == tags[::-1]


def test_before_is_the_version_that_was_promoted() -> None:
    promotion = replace(ROLLBACK, action="promote", version="v1.0.0")
    state = model(
        fact("m@v1.0.0", 1),
        fact("m@v1.1.0", 1),
        fact("m#prod#1", 1, message=write_message("s", "", promotion)),
        fact("m#prod#2", 9),
    )
    assert [each.before for each in listed(state, "prod") if each.tag == "m#prod#2"] == ["v1.0.0"]


def test_the_json_of_a_statement_has_what_only_the_statement_knows() -> None:
    tree = to_json(RELEASE)
    assert tree.keys() == {each.name for each in fields(RELEASE)} - {"model", "version", "commit", "at"}
    assert (tree["tree"], tree["files"][0]["path"]) == (RELEASE.tree, "model.bin")


def test_a_held_version_has_its_time_and_author() -> None:
    held = held_entry(model(fact("m@v1.0.0", 1), fact("m#prod#1", 1, seconds=60)).environment("prod"))
    assert (held.model, held.environment, held.label, held.commit) == ("m", "prod", "v1.0.0", commit(1))
    assert (held.since, held.author) == (datetime(1970, 1, 1, 0, 1, tzinfo=UTC), "Ada")
    empty = held_entry(WALK.environment("prod"))
    assert (empty.label, empty.commit, empty.since, empty.author) == (None,) * 4


def test_a_commit_is_labeled_with_its_highest_version() -> None:
    both = model(fact("m@v1.9.0", 1), fact("m@v1.10.0", 1)).versions
    registered = {commit(1): both}
    assert label_of(fact("m#prod#1", 1), registered) == "v1.10.0"
    assert label_of(fact("m#prod#1", 2), registered) == "unregistered (0000000)"


def test_a_model_without_older_events_names_neither_these_nor_itself_in_each_line() -> None:
    now = datetime(2026, 5, 3, tzinfo=UTC)
    state = replay((fact("m@v1.0.0", 1),)).model("m")
    entry = model_entry(state, {"m": "m.bin"}, ())
    events = newest_first(events_of(state))
    shown = Details(kind="model", reference="m", model=entry, remote=None, tags_as_of=None, told_at=now)
    assert "older" not in plain(show.page(shown, width=80))
    events = tuple(replace(each, environment="prod") for each in events)
    past = History(
        model=None,
        environment=None,
        at=None,
        metric=None,
        events=events,
        remote=None,
        tags_as_of=None,
        told_at=now,
    )
    assert plain(history.page(past, width=80)).split()[3] == "prod"
    assert plain(history.page(replace(past, several=True), width=80)).split()[3] == "m#prod"
