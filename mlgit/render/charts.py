"""Charts: sparklines made of text, and Mermaid charts for forges that draw them."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING

from mlgit.render.mermaid import GREY, ORANGE, plain, settings, unseen_names

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKS = "▁▂▃▄▅▆▇█"
_FLAT = "▄"
_NO_NUMBER = "·"
_DRAWABLE = (1e-6, 1e12)
# Characters of labels that fit below a chart, with a space after each.
_ROOM = 60
_LONGEST = 50


def sparkline(values: Sequence[str]) -> str:
    """One tick per value, from the lowest to the highest; a dot if it is not a finite number."""
    numbers = [finite(value) for value in values]
    known = [number for number in numbers if number is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    return "".join(_NO_NUMBER if number is None else _tick(number, low, high) for number in numbers)


def line_chart(title: str, labels: Sequence[str], values: Sequence[str], *, limit: str | None = None) -> str:
    """A Mermaid `xychart-beta` of values over labels, with a second line at `limit`; empty if not possible.

    Mermaid has no exponents and no gaps, so all numbers must be finite and neither tiny nor huge.
    """
    numbers = [finite(value) for value in values]
    bound = None if limit is None else finite(limit)
    known = [number for number in (*numbers, bound) if number is not None]
    drawable = all(not number or _DRAWABLE[0] <= abs(number) <= _DRAWABLE[1] for number in known)
    if None in numbers or not known or not drawable:
        return ""
    low, high = min(known), max(known)
    margin = (high - low) / 10 or abs(high) / 10 or 1.0
    axis = ", ".join(f'"{name}"' for name in unseen_names(_spaced([plain(each) for each in labels])))
    named = plain(title, most=_LONGEST)
    named += "" if bound is None else f" (orange), limit {_digits(bound)} (grey)"
    lines = [
        *settings((ORANGE, GREY) if bound is not None else (ORANGE,)),
        "xychart-beta",
        f'  title "{named}"',
        f"  x-axis [{axis}]",
        f"  y-axis {_digits(low - margin)} --> {_digits(high + margin)}",
        f'  line "{plain(title)}" [{", ".join(_digits(each) for each in numbers if each is not None)}]',
    ]
    if bound is not None:
        lines.append(f'  line "limit" [{", ".join([_digits(bound)] * len(numbers))}]')
    return "\n".join(lines)


def finite(text: str) -> float | None:
    """The number as a double; None if it is not a finite number."""
    try:
        number = float(Decimal(text))
    except (ArithmeticError, ValueError):
        return None
    return number if isfinite(number) else None


def _spaced(labels: Sequence[str]) -> list[str]:
    """Every n-th label, counted from the last one, so that they do not overlap; the others are empty."""
    step = -(-sum(len(label) + 1 for label in labels) // _ROOM)
    last = len(labels) - 1
    return [label if (last - place) % max(step, 1) == 0 else "" for place, label in enumerate(labels)]


def _tick(number: float, low: float, high: float) -> str:
    if low == high:
        return _FLAT
    # Halved, because the difference of two doubles may overflow.
    share = (number / 2 - low / 2) / (high / 2 - low / 2)
    return _TICKS[min(int(share * len(_TICKS)), len(_TICKS) - 1)]


def _digits(number: float) -> str:
    """The number without an exponent, with at most nine digits."""
    return format(Decimal(f"{number:.9g}").normalize(), "f")
