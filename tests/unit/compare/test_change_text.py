"""Change text: a change in words that are short, and never say less or more than what happened."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given

from mlgit.core.compare.change_text import change_text
from tests.support.hostile import numbers


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("0.9955", "0.9686", "-0.0269 (-2.70%)"),
        ("0.0848", "0.8797", "+0.7949 (10.4x)"),
        ("0.29", "83.78", "+83.49 (289x)"),
        ("0.1907", "0.8797", "+0.689 (+361%)"),
        ("0.9552", "0.9559", "+0.0007 (+0.0733%)"),
        ("1", "10", "+9 (10x)"),
        ("0.29", "421.4", "+421.1 (1453x)"),
        ("1", "9.99", "+8.99 (+899%)"),
        ("12345678", "12345681", "+3"),
        ("100", "0.001", "-100 (-99.999%)"),
        ("100", "0", "-100 (-100%)"),
        ("1E-200", "1E+200", "+1E+200 (1E+400x)"),
        ("1", "1.00000001", "+1E-8"),
        ("-0.29", "83", "+83.29 (+28700%)"),
        ("0", "5", "+5"),
        ("0.5", "0.5", "unchanged"),
        ("0.5", "0.50", "unchanged"),
        ("-1", "-20", "-19 (-1900%)"),
        ("NaN", "1", "changed"),
        ("1", "Infinity", "infinite"),
    ],
)
def test_a_change_has_per_cent_and_from_tenfold_up_how_many_times(
    before: str, after: str, shown: str
) -> None:
    times = shown.replace("x", "\N{MULTIPLICATION SIGN}")
    assert change_text(Decimal(after), Decimal(before)) == times


@given(numbers, numbers)
@example("1", "1E+999999999")
@example("1E-999999999", "1E+999999999")
def test_any_two_numbers_have_a_change_in_one_short_line(before: str, after: str) -> None:
    text = change_text(Decimal(after), Decimal(before))
    assert len(text) < 60
    if "(-100%)" in text:
        assert Decimal(after).adjusted() <= Decimal(before).adjusted() - 7 or not Decimal(after)
