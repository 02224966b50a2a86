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
_NEAR = 1e-6
# How many texts, and characters with a space after each, fit below a chart.
_MOST_MARKS, _ROOM = 16, 62


def drawable(numbers: Sequence[float]) -> bool:
    """Whether a chart without exponents can show them: none is tiny or huge."""
    return all(not number or _DRAWABLE[0] <= abs(number) <= _DRAWABLE[1] for number in numbers)


def axis(numbers: Sequence[float], *, share: bool) -> tuple[float, float]:
    """Two round ends around drawable numbers; 0 is one if it is near, and 1 is the upper end of a `share`."""
    low, high = min(numbers), max(numbers)
    if share and low >= 0 and high <= 1:
        below = min(floor(low * _TWENTIETHS), _TWENTIETHS - 1)
        return below / _TWENTIETHS if low >= 0.5 else 0.0, 1.0  # noqa: PLR2004 (half)
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


def marks(places: Sequence[float]) -> list[str]:
    """The text of each place that has room for one, empty for the others; round numbers if there are some."""
    texts = labels(places)
    if _fits(texts):
        return texts
    kept: Sequence[int] = _round_places(places)
    if not kept:
        most = max(2, _ROOM // (max(map(len, texts)) + 1))
        kept = range(0, len(places), -(-(len(places) - 1) // (most - 1)))
    found = [""] * len(places)
    for at, text in zip(kept, labels([places[at] for at in kept]), strict=True):
        found[at] = text
    return found


def _fits(texts: Sequence[str]) -> bool:
    return len(texts) <= _MOST_MARKS and sum(len(text) + 1 for text in texts) <= _ROOM


def _round_places(places: Sequence[float]) -> list[int]:
    """Where multiples of 1, 2 or 5 times a power of ten are, if there is room for them all along the axis."""
    width = places[-1] - places[0]
    if not 0 < width < _DRAWABLE[1]:
        return []
    start = floor(log10(width / len(places)))
    for step in (times * 10.0**power for power in range(start, start + 4) for times in (1, 2, 5)):
        kept = [at for at, x in enumerate(places) if abs(x / step - round(x / step)) < _NEAR]
        if _fits(labels([places[at] for at in kept])):
            covered = len(kept) > 1 and places[kept[-1]] - places[kept[0]] > width / 2
            return kept if covered else []
    return []
