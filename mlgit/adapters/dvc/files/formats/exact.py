"""Exact: numbers of metric files as they are written, never through a binary float.

What is too long or too large to compute with exactly becomes text, which gates refuse as not a number.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from mlgit.core.pipeline.metrics import MAX_DIGITS, usable

_BITS_PER_DIGIT = 3.33
_MOST_BITS = int(MAX_DIGITS * _BITS_PER_DIGIT)


def fraction(text: str) -> Decimal | str:
    """The number that a text with a point or an exponent means."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits
        return text


def whole(text: str) -> int | str:
    """The number that decimal digits mean."""
    return int(text) if len(text) <= MAX_DIGITS else text


def decimal(value: object) -> Decimal | None:
    """The decimal of a number: its own digits, of a float the shortest text, so that 0.1 is one tenth.

    None if it is not a number, or not one that can be computed with exactly.
    """
    if isinstance(value, Decimal):
        return value if usable(value) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() <= _MOST_BITS else None
    return Decimal(float.__repr__(value)) if isinstance(value, float) else None
