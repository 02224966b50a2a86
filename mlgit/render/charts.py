"""Charts: sparklines made of text, and Mermaid charts for forges that draw them."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING

from mlgit.render.mermaid import GREY, ORANGE, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKS = "▁▂▃▄▅▆▇█"
_FLAT = "▄"
_NO_NUMBER = "·"
# Text of users must not end a text of Mermaid.
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,_/+()-]")
_DRAWABLE = (1e-6, 1e12)
_LONGEST = 60


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
    axis = ", ".join(f'"{_plain(label)}"' for label in labels)
    named = title if bound is None else f"{title} (orange), limit {_digits(bound)} (grey)"
    lines = [
        *settings((ORANGE, GREY) if bound is not None else (ORANGE,)),
        "xychart-beta",
        f'  title "{_plain(named)}"',
        f"  x-axis [{axis}]",
        f"  y-axis {_digits(low - margin)} --> {_digits(high + margin)}",
        f'  line "{_plain(title)}" [{", ".join(_digits(each) for each in numbers if each is not None)}]',
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


def _tick(number: float, low: float, high: float) -> str:
    if low == high:
        return _FLAT
    # Halved, because the difference of two doubles may overflow.
    share = (number / 2 - low / 2) / (high / 2 - low / 2)
    return _TICKS[min(int(share * len(_TICKS)), len(_TICKS) - 1)]


def _digits(number: float) -> str:
    """The number without an exponent, with at most nine digits."""
    return format(Decimal(f"{number:.9g}").normalize(), "f")


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub("?", text)[:_LONGEST].strip() or "?"
