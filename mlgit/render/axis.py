"""Axis: where the axis of a chart begins and ends, and how its numbers are written."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_DRAWABLE = (1e-6, 1e12)
_STEPS_PER_DECADE = 5
_TWENTIETHS = 20
_MOST_DIGITS = 15
_DUST = 1e-9


def drawable(numbers: Sequence[float]) -> bool:
    """Whether a chart without exponents can show them: none is tiny or huge."""
    return all(not number or _DRAWABLE[0] <= abs(number) <= _DRAWABLE[1] for number in numbers)


def axis(numbers: Sequence[float], *, share: bool) -> tuple[float, float]:
    """Round ends around drawable numbers; 0 is one if it is near, and 1 is the upper end of a `share`."""
    low, high = min(numbers), max(numbers)
    if share and low >= 0 and high <= 1:
        return floor(low * _TWENTIETHS) / _TWENTIETHS if low >= 0.5 else 0.0, 1.0  # noqa: PLR2004 (half)
    span = high - low or abs(high) or 1.0
    step = 10.0 ** floor(log10(span)) / _STEPS_PER_DECADE
    if low == high:
        return low - step, high + step
    # The quotient of round numbers may be a little less than whole.
    low = 0.0 if 0 <= low < span else floor(low / step + _DUST) * step
    return low, ceil(high / step - _DUST) * step


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Four to ten round numbers between two ends, with their text."""
    width = high - low
    step = 10.0 ** floor(log10(width / 4))
    step = next(step * times for times in (5, 2, 1) if width / (step * times) >= 4 - _DUST)
    first = ceil(low / step - _DUST)
    numbers = [number * step for number in range(first, floor(high / step + _DUST) + 1)]
    return [(number, f"{number:.6g}") for number in numbers]


def digits(number: float, *, most: int = 9) -> str:
    """The number without an exponent, rounded to `most` significant digits."""
    return format(Decimal(f"{number:.{most}g}").normalize(), "f")


def labels(numbers: Sequence[float]) -> list[str]:
    """A short text for each number, different for different ones."""
    for most in range(4, _MOST_DIGITS + 1):
        texts = [digits(number, most=most) for number in numbers]
        if len(set(texts)) == len(set(numbers)):
            return texts
    return [format(Decimal(repr(number)), "f") for number in numbers]
