"""Journal: written and read back, also after a crash or a change by another program."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.deploy.deployment import Desired
from mlgit.core.deploy.journal import Entry, Journal, entry, read_journal, write_entry
from tests.support.schema import assert_valid


def desired(sequence: int = 1, *, model: str = "line") -> Desired:
    return Desired(
        model=model,
        environment="prod",
        tag=f"{model}#prod#{sequence}",
        oid=f"{sequence:040x}",
        sequence=sequence,
        action="promote",
        commit="c" * 40,
        version=f"v{sequence}.0.0",
    )


def line(step: str, sequence: int = 1, *, release: str | None = "v1.0.0") -> Entry:
    made = entry(desired(sequence), "intent", at="2026-05-03T12:00:00Z", release=release, before=None)
    return Entry(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {"step": step})


def journal(*entries: Entry) -> Journal:
    return read_journal("".join(write_entry(each) for each in entries))


def test_a_line_is_valid_and_is_read_back() -> None:
    written = entry(
        desired(3),
        "failed",
        at="2026-05-03T12:00:00Z",
        release="v3.0.0",
        before="v2.0.0",
        during="fetched",
        error="a\nb\u2028c",
    )
    text = write_entry(written)
    assert_valid(json.loads(text), "deployment-journal")
    assert text.count("\n") == 1
    assert read_journal(text) == Journal(entries=(written,))


def test_an_unknown_field_is_left_out() -> None:
    text = write_entry(entry(desired(), "intent", at="2026-05-03T12:00:00Z", release=None, before=None))
    assert_valid(json.loads(text), "deployment-journal")
    assert "null" not in text


@given(st.integers(0, 2000))
def test_a_journal_cut_anywhere_keeps_its_whole_lines(cut: int) -> None:
    entries = (line("intent"), line("fetched"), line("switched"), line("done"))
    text = "".join(write_entry(each) for each in entries)
    found = read_journal(text[:cut])
    whole = text[:cut].count("\n")
    assert found.entries == entries[:whole]
    assert found.unreadable == (1 if cut < len(text) and text[:cut] and not text[:cut].endswith("\n") else 0)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert read_journal(text).entries == ()


GOOD = json.loads(write_entry(line("done")))


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"step": "dreamt"},
        {"sequence": "1"},
        {"sequence": True},
        {"oid": 7},
        {"release": 7},
        {"unheard": "of"},
    ],
)
def test_a_line_of_another_shape_is_skipped(change: dict[str, object]) -> None:
    text = json.dumps(GOOD | change) + "\n" + json.dumps(GOOD) + "\n"
    assert read_journal(text) == Journal(entries=(line("done"),), unreadable=1)


@pytest.mark.parametrize("text", ["[]\n", "7\n", "null\n", "{}\n", "\n", '{"schema_version": 1}\n'])
def test_json_that_is_not_an_entry_is_skipped(text: str) -> None:
    assert read_journal(text) == Journal(unreadable=1)


def test_the_newest_switch_is_the_one_with_the_highest_sequence() -> None:
    found = journal(line("done", 1), line("switched", 3), line("done", 2), line("intent", 9))
    assert found.newest("line", "prod") == line("switched", 3)
    assert found.newest("other", "prod") is None
    assert found.done == line("done", 2)
    assert Journal().newest("line", "prod") is None
    assert Journal().done is None


def test_releases_are_listed_by_their_last_use() -> None:
    found = journal(
        line("done", 1, release="a"),
        line("done", 2, release="b"),
        line("switched", 3, release="a"),
        line("intent", 4, release="c"),
        line("done", 5, release=None),
    )
    assert found.last_used == ("a", "b")
    assert found.releases == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("steps", "interrupted"),
    [
        ((), False),
        (("intent",), True),
        (("intent", "fetched", "verified", "switched"), True),
        (("intent", "failed"), False),
        (("intent", "failed", "intent"), True),
        (("intent", "switched", "done"), False),
    ],
)
def test_a_deployment_without_an_end_was_interrupted(steps: tuple[str, ...], interrupted: object) -> None:
    others = (line("intent", 7), line("done", 7))
    found = journal(*(line(step) for step in steps), *others)
    assert found.interrupted(desired().oid) is interrupted
