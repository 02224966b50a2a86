"""Wording: counts, lists, near names and ages, as messages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.wording import (
    count,
    cut,
    first,
    format_age,
    format_since,
    format_size,
    joined,
    listed,
    near,
    word,
    words,
)

UNITS = {"s": 1, "min": 60, "h": 3600, "days": 86400}


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        (0, ("file",), "0 files"),
        (1, ("file",), "1 file"),
        (2, ("file",), "2 files"),
        (1, ("revision has", "revisions have"), "1 revision has"),
        (3, ("revision has", "revisions have"), "3 revisions have"),
    ],
)
def test_only_one_takes_the_singular(number: int, words: tuple[str, ...], expected: str) -> None:
    assert count(number, *words) == expected


@pytest.mark.parametrize(
    ("names", "most", "as_items", "in_a_line"),
    [
        ("", 2, (), ""),
        ("ab", 2, ("a", "b"), "a, b"),
        ("abc", 2, ("a", "b", "and 1 more"), "a, b and 1 more"),
        ("abcdefg", 5, ("a", "b", "c", "d", "e", "and 2 more"), "a, b, c, d, e and 2 more"),
    ],
)
def test_a_long_list_ends_with_how_many_more_there_are(
    names: str, most: int, as_items: tuple[str, ...], in_a_line: str
) -> None:
    assert first(names, most) == as_items
    assert joined(names, most) == in_a_line


def test_a_list_without_a_limit_is_whole() -> None:
    assert listed("abcdefg", None) == "`a`, `b`, `c`, `d`, `e`, `f`, `g`"
    assert listed("abcdefg") == "`a`, `b`, `c`, `d`, `e` and 2 more"


def test_the_hint_is_the_nearest_known_name_if_one_is_near() -> None:
    assert near("tumour", {"lesion": 1, "tumor": 2}) == "did you mean `tumor`?"
    assert near("tumour", ["xyz"]) is None


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("production", ["staging", "prod"], "prod"),
        ("stag", ["staging", "prod"], "staging"),
        ("prod", ["production-eu-west", "staging"], "production-eu-west"),
        ("prod", ["production-eu-west", "production-us-east"], None),
        ("production", ["pr", "staging"], None),
        ("pr", ["production-eu-west"], None),
    ],
)
def test_a_name_that_begins_with_another_one_is_near(name: str, known: list[str], found: str | None) -> None:
    assert near(name, known) == (found and f"did you mean `{found}`?")


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (3 << 20, "3.0 MiB"),
        (5 << 40, "5.0 TiB"),
    ],
)
def test_a_size_has_one_unit(size_bytes: int, expected: str) -> None:
    assert format_size(size_bytes) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s ago"),
        (3.9, "3 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (2 * 86400 - 1, "47 h ago"),
        (2 * 86400, "2 days ago"),
        (400 * 86400, "400 days ago"),
    ],
)
def test_an_age_has_one_unit(seconds: float, expected: str) -> None:
    assert format_age(seconds) == expected


@given(st.floats(max_value=0, allow_nan=False, allow_infinity=False))
def test_an_age_is_never_in_the_future(seconds: float) -> None:
    assert format_age(seconds) == "0 s ago"


@pytest.mark.parametrize(
    ("ahead_s", "expected"),
    [
        (-7200, "2 h ago"),
        (0, "0 s ago"),
        (59, "0 s ago"),
        (60, "on 2026-05-03 12:01 UTC (dated ahead)"),
        (2 * 366 * 86400, "on 2028-05-04 12:00 UTC (dated ahead)"),
    ],
)
def test_a_time_that_is_dated_ahead_is_a_date(ahead_s: int, expected: str) -> None:
    now = datetime(2026, 5, 3, 12, tzinfo=UTC)
    then = now + timedelta(seconds=ahead_s)
    assert format_since(then, now) == expected
    assert format_since(then.astimezone(timezone(timedelta(hours=5))), now) == expected


@given(st.integers(0, 10**9))
def test_an_age_is_rounded_down_by_less_than_one_unit(seconds: int) -> None:
    number, unit, _ = format_age(seconds).split(" ")
    assert int(number) * UNITS[unit] <= seconds < (int(number) + 1) * UNITS[unit]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tumor@v1.0.0", "tumor@v1.0.0"),
        ("tumor#prod!#2", "'tumor#prod!#2'"),
        ("my file.json", "'my file.json'"),
        ("it's", "'it'\"'\"'s'"),
        ("größe", "'größe'"),
        ("", "''"),
    ],
)
def test_a_word_is_quoted_only_where_a_shell_would_change_it(text: str, expected: str) -> None:
    assert word(text) == expected
    assert words([text, "a"]) == f"{expected} a"


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("short", None, "short"),
        ("exactly 10", None, "exactly 10"),
        ("eleven char", None, "eleven ch…"),
        ("eleven char", "something else", "eleven ch…"),
        ("the same start, one", "the same start, two", "…art, one"),
        ("the same start, two", "the same start, one", "…art, two"),
        ("in the middle 1 of a text", "in the middle 2 of a text", "…ddle 1 o…"),
        ("the same start", "the same start and more", "…start"),
    ],
)
def test_a_text_is_cut_with_a_mark(text: str, other: str | None, expected: str) -> None:
    assert cut(text, 10, apart_from=other) == expected


@given(st.text("ab", max_size=30), st.text("ab", max_size=30))
def test_two_texts_never_look_the_same_where_they_are_cut(one: str, other: str) -> None:
    shown = cut(one, 10, apart_from=other), cut(other, 10, apart_from=one)
    assert max(map(len, shown)) <= 10
    assert (shown[0] == shown[1]) == (one == other)
