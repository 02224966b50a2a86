"""A summary has the same values as its message, and no other text is read as a summary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.registry.message import MARK, parse_message, write_message
from mlgit.core.registry.message_summary import (
    EMPTY,
    MessageSummary,
    read_summary,
    summarize,
    summary_of,
    write_summary,
)
from mlgit.core.registry.statement import (
    Builder,
    EnvironmentStatement,
    GateOutcome,
    ReleaseStatement,
    TagPointer,
    encode,
)
from mlgit.core.stated_time import parse_time
from tests.support.tags import commit, fact

_TEXTS = st.none() | st.text(max_size=40)
SUMMARIES = st.builds(
    MessageSummary,
    at_s=st.none() | st.integers(-62_135_596_800, 253_402_300_799),
    action=st.sampled_from((None, "promote", "rollback", "unassign")),
    version=_TEXTS,
    reason=_TEXTS,
)
AT = "2026-05-03T10:00:00Z"
AT_S = int(datetime(2026, 5, 3, 10, tzinfo=UTC).timestamp())
MOVE = EnvironmentStatement(
    model="m",
    environment="prod",
    sequence=3,
    action="rollback",
    at=AT,
    version="v1.0.0",
    reason="drift\tin \u2028 é",
)
RELEASE = ReleaseStatement(
    model="m", version="v1.0.0", commit=commit(1), tree=commit(2), at=AT, builder=Builder(kind="local")
)


@given(SUMMARIES)
def test_a_summary_reads_back_as_written(summary: MessageSummary) -> None:
    text = write_summary(summary)
    assert read_summary(text) == summary
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize(
    "text", ["1", "253402300800\t\t\t", "a\tp\t\t", "1\tx\t\t", "1\tp\t=v1\t=\\x", "1\tp\t\t\t"]
)
def test_a_text_that_is_not_a_summary_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_summary(text)


def test_a_statement_is_summarized() -> None:
    assert summary_of(write_message("Roll back", "", MOVE)) == MessageSummary(
        AT_S, "rollback", "v1.0.0", MOVE.reason
    )
    assert summary_of(write_message("Release", "Because", RELEASE)) == MessageSummary(AT_S)


def test_without_a_statement_only_the_reason_is_known() -> None:
    assert summary_of("Registering artifact\n") == EMPTY
    assert summarize(b"Registering artifact\n") == ""
    assert summary_of("Reject\n\nbroken\nand more\n") == MessageSummary(reason="broken")
    assert summary_of("Reject\n\n-----BEGIN SSH SIGNATURE-----\nx\n") == EMPTY


def test_only_malformed_fields_that_are_needed_and_duplicate_keys_matter() -> None:
    message = write_message("Roll back", "", MOVE)
    odd = message.replace('"sequence":"3"', '"sequence":3')
    assert parse_message(odd) is None
    assert summary_of(odd) == summary_of(message)
    assert summary_of(message.replace('"sequence":"3"', '"action":"promote"')) == EMPTY
    release = write_message("Release", "", RELEASE)
    reordered = release.replace(
        '"predicate":{"at":"2026-05-03T10:00:00Z",', '"predicate":{"a":"","at":"2026-05-03T10:00:00Z",'
    )
    assert reordered != release
    assert summary_of(reordered) == summary_of(release)
    assert summary_of(message.replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v9")) == EMPTY


def test_a_message_that_only_begins_like_a_release_is_read_fully() -> None:
    text = write_message("Roll back", "", MOVE).replace('"action":"rollback","at":', '"at":', 1)
    first = text.replace('"environment":"prod"', '"action":"rollback","environment":"prod"')
    assert summary_of(text) == EMPTY
    assert summary_of(first) == summary_of(write_message("Roll back", "", MOVE))


@pytest.mark.parametrize(
    "summary", [None, "", write_summary(summary_of(write_message("x", "", MOVE))), "not a summary"]
)
def test_a_fact_has_the_same_values_with_and_without_a_cached_summary(summary: str | None) -> None:
    message = write_message("Roll back", "", MOVE)
    known = fact("m#prod#1", 1, message=message if summary != "" else "x")._replace(summary=summary)
    assert known.parsed_summary == summary_of(known.message())
    assert known.at == (parse_time(AT) if summary != "" else datetime(1970, 1, 1, tzinfo=UTC))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_a_stated_time_is_read_as_the_standard_library_reads_it(time: datetime) -> None:
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert parse_time(text) == datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-W18-7T10:00:00Z", "2026-5-3T10:00:00Z", "2026-05-03T10:00:00", AT + "\n"]
)
def test_a_time_in_another_format_is_not_parsed(text: str) -> None:
    assert parse_time(text) is None


_WORDS = st.text(max_size=12) | st.sampled_from(
    ("v1.0.0", 'a "b"', "back\\slash", "\x7f", "null", "--- mlgit/v1")
)
_POINTERS = st.none() | st.builds(TagPointer, tag=_WORDS, oid=_WORDS)
_GATES = st.lists(st.builds(GateOutcome, gate=_WORDS, outcome=_WORDS), max_size=2).map(tuple)
_TIMES = st.sampled_from((AT, "0001-01-01T00:00:00Z", "2026-02-31T00:00:00Z", "2026-05-03", ""))
_MOVES = st.builds(
    EnvironmentStatement,
    model=_WORDS,
    environment=_WORDS,
    sequence=st.integers(0, 10**6),
    action=st.sampled_from(("promote", "rollback", "unassign")),
    at=_TIMES,
    version=st.none() | _WORDS,
    release=_POINTERS,
    previous=_POINTERS,
    reason=st.none() | _WORDS,
    gates=_GATES,
)
_RELEASES = st.builds(
    ReleaseStatement,
    model=_WORDS,
    version=_WORDS,
    commit=_WORDS,
    tree=_WORDS,
    at=_TIMES,
    metrics=st.dictionaries(_WORDS, _WORDS, max_size=2),
    gates=_GATES,
    builder=st.just(Builder(kind="local")),
)
_PIECES = (
    "\n--- mlgit/v1\n",
    "\n",
    "\n\n",
    "{",
    "}",
    '"',
    "\\",
    ",",
    '"at":"x",',
    "null",
    "\x00",
    "\u2028",
    "v9",
    "/release/v1",
    '"predicateType":"https://github.com/mlgit/mlgit/release/v1"',
    "-----BEGIN SSH SIGNATURE-----\n",
)
_KNIVES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 30),
        st.sampled_from(("", *_PIECES)).map(str.encode) | st.binary(max_size=2),
    ),
    max_size=2,
)


@given(_MOVES | _RELEASES, st.sampled_from(("", "why\nand more")), _KNIVES)
def test_the_fast_summary_equals_the_summary_of_the_parsed_statement(
    statement: EnvironmentStatement | ReleaseStatement,
    words: str,
    knives: list[tuple[float, int, bytes]],
) -> None:
    message = write_message("Subject", words, statement).encode()
    for where, length, put in knives:
        place = int(where * len(message))
        message = message[:place] + put + message[place + length :]
    assert summarize(message) == write_summary(summary_of(message.decode("utf-8", "replace")))


def test_a_date_that_does_not_exist_is_not_a_time() -> None:
    message = write_message("Move", "", replace(MOVE, at="2026-02-31T00:00:00Z", reason="drift"))
    assert read_summary(summarize(message.encode())) == summary_of(message)
    assert summary_of(message) == MessageSummary(None, "rollback", "v1.0.0", "drift")


@pytest.mark.parametrize("statement", [MOVE, RELEASE], ids=["move", "release"])
def test_after_every_small_change_the_fast_summary_equals_the_parsed_one(
    statement: EnvironmentStatement | ReleaseStatement,
) -> None:
    message = (
        write_message("Subject", "why", replace(statement, at=AT))
        .replace("drift\\tin \u2028 é", "drift")
        .encode()
    )
    assert summarize(message) == write_summary(summary_of(message.decode()))
    for place in range(len(message)):
        for put in (b"", b"x", b'"', b"\\", b"\n", b"{", b"\xff", message[place : place + 1] * 2):
            changed = message[:place] + put + message[place + 1 :]
            assert summarize(changed) == write_summary(summary_of(changed.decode("utf-8", "replace"))), (
                changed
            )
    for mark in (b"\n--- mlgit/v1\nx", b"\n--- mlgit/v1\n", b"\n--- mlgit/v1\n{}\n"):
        assert summarize(message + mark) == write_summary(summary_of((message + mark).decode()))
    assert summarize(message + b"x" * 70_000) == write_summary(summary_of(message.decode() + "x" * 70_000))


def test_a_message_by_mlgit_is_summarized_without_reading_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: str) -> None:
        raise AssertionError

    monkeypatch.setattr("mlgit.core.registry.message_summary.summary_of", read)
    pointer = TagPointer(tag="m@v1.0.0", oid=commit(3))
    gates = (GateOutcome(gate="auc >= 0.9", outcome="passed"), GateOutcome(gate="x", outcome="unknown"))
    move = replace(MOVE, reason="drift", release=pointer, previous=pointer, gates=gates)
    assert read_summary(summarize(write_message("Move", "why", move).encode())) == MessageSummary(
        AT_S, "rollback", "v1.0.0", "drift"
    )
    assert (
        read_summary(summarize(write_message("Move", "", replace(MOVE, reason=None)).encode())).reason is None
    )
    assert read_summary(summarize(write_message("Release", "é", RELEASE).encode())) == MessageSummary(AT_S)
    short = f"x\n{MARK}\n{encode(RELEASE)}\n"
    assert read_summary(summarize(short.encode())) == MessageSummary(AT_S)


@pytest.mark.parametrize(
    "message",
    [
        # with one line break, without words, or with the mark only later
        f"x\n{MARK}\n{encode(MOVE)}\n",
        f"\n{MARK}\n{encode(MOVE)}\n\nx",
        f"{MARK}\n{encode(MOVE)}\n\nx",
        f"{MARK}\n{encode(MOVE)}\n",
        f"x\n\n{MARK}",
        "x\n--- a\n",
    ],
)
def test_a_message_that_is_written_otherwise_has_the_same_summary(message: str) -> None:
    for each in (message, message.replace(encode(MOVE), encode(replace(MOVE, reason="drift")))):
        assert summarize(each.encode()) == write_summary(summary_of(each))


@pytest.mark.parametrize(
    ("seconds", "known"),
    [
        (-62_135_596_801, False),
        (-62_135_596_800, True),
        (253_402_300_799, True),
        (253_402_300_800, False),
    ],
)
def test_a_time_outside_of_the_years_from_1_to_9999_cannot_be_read(seconds: int, *, known: bool) -> None:
    if known:
        assert read_summary(f"{seconds}\t\t\t").at_s == seconds
    else:
        with pytest.raises(ValueError, match=str(seconds)):
            read_summary(f"{seconds}\t\t\t")
