"""Gist: what is kept of a message says what the message says, and nothing else is ever believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.gist import NOTHING, Gist, gist_of, read_gist, write_gist
from mlgit.core.statement import (
    Builder,
    EnvironmentStatement,
    ReleaseStatement,
    parse_message,
    parse_time,
    write_message,
    write_words,
)
from tests.support.tags import commit, fact

_TEXTS = st.none() | st.text(max_size=40)
GISTS = st.builds(
    Gist,
    at_s=st.none() | st.integers(-(10**12), 10**12),
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


@given(GISTS)
def test_what_was_written_is_read_back(gist: Gist) -> None:
    text = write_gist(gist)
    assert read_gist(text) == gist
    assert text.isascii()
    assert "\n" not in text


@pytest.mark.parametrize("text", ["1", "a\tp\t\t", "1\tx\t\t", "1\tp\t=v1\t=\\x", "1\tp\t\t\t"])
def test_what_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_gist(text)


def test_a_statement_is_told_in_short() -> None:
    assert gist_of(write_message("Roll back", "", MOVE)) == Gist(AT_S, "rollback", "v1.0.0", MOVE.reason)
    assert gist_of(write_message("Release", "Because", RELEASE)) == Gist(AT_S)


def test_without_a_statement_only_the_words_tell_why() -> None:
    assert gist_of("Registering artifact\n") == NOTHING
    assert gist_of(write_words("Reject", "broken\nand more")) == Gist(reason="broken")
    assert gist_of("Reject\n\n-----BEGIN SSH SIGNATURE-----\nx\n") == NOTHING


def test_what_is_malformed_beside_what_is_needed_does_not_matter_and_a_key_twice_does() -> None:
    message = write_message("Roll back", "", MOVE)
    odd = message.replace('"sequence":"3"', '"sequence":3')
    assert parse_message(odd) is None
    assert gist_of(odd) == gist_of(message)
    assert gist_of(message.replace('"sequence":"3"', '"action":"promote"')) == NOTHING
    release = write_message("Release", "", RELEASE)
    reordered = release.replace(
        '"predicate":{"at":"2026-05-03T10:00:00Z",', '"predicate":{"a":"","at":"2026-05-03T10:00:00Z",'
    )
    assert reordered != release
    assert gist_of(reordered) == gist_of(release)
    assert gist_of(message.replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v9")) == NOTHING


def test_what_only_begins_like_a_release_is_read_whole() -> None:
    text = write_message("Roll back", "", MOVE).replace('"action":"rollback","at":', '"at":', 1)
    first = text.replace('"environment":"prod"', '"action":"rollback","environment":"prod"')
    assert gist_of(text) == NOTHING
    assert gist_of(first) == gist_of(write_message("Roll back", "", MOVE))


@pytest.mark.parametrize("told", [None, "", write_gist(gist_of(write_message("x", "", MOVE))), "not a gist"])
def test_a_fact_says_the_same_with_and_without_a_kept_gist(told: str | None) -> None:
    message = write_message("Roll back", "", MOVE)
    known = fact("m#prod#1", 1, message=message if told != "" else "x")._replace(told=told)
    assert known.gist == gist_of(known.message())
    assert known.at == (parse_time(AT) if told != "" else datetime(1970, 1, 1, tzinfo=UTC))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 (made UTC)
def test_a_stated_time_is_read_as_the_standard_library_does(time: datetime) -> None:
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert parse_time(text) == datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-W18-7T10:00:00Z", "2026-5-3T10:00:00Z", "2026-05-03T10:00:00", AT + "\n"]
)
def test_a_time_written_otherwise_is_none(text: str) -> None:
    assert parse_time(text) is None
