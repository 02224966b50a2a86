"""Ages are told in the largest unit that still says something, and never in the future."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.wording import tell_age

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def told(seconds: float) -> tuple[int, str]:
    count, unit, ago = tell_age(seconds).split(" ")
    assert ago == "ago"
    return int(count), unit


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
        (2 * 86400, "2 d ago"),
        (400 * 86400, "400 d ago"),
    ],
)
def test_an_age_has_one_unit(seconds: float, expected: str) -> None:
    assert tell_age(seconds) == expected


@given(st.floats(max_value=0, allow_nan=False, allow_infinity=False))
def test_what_a_fast_clock_dates_ahead_is_now(seconds: float) -> None:
    assert tell_age(seconds) == "0 s ago"


@given(st.integers(0, 10**9))
def test_an_age_is_rounded_down_by_less_than_one_of_its_unit(seconds: int) -> None:
    count, unit = told(seconds)
    assert count * UNITS[unit] <= seconds < (count + 1) * UNITS[unit]
