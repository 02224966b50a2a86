"""Change text: how a number changed, with per cent, or times as much from tenfold up."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from mlgit.core.pipeline.metrics import difference, percent_change, rounded, signed, text

_PERCENT_DIGITS = 3
_TENFOLD = 10
_TIMES_DIGITS = 12
_TIMES = "\N{MULTIPLICATION SIGN}"
_WHOLE = Decimal(-100)
_SMALLEST_EXPONENT = -4
_MOST_DIGITS = 9


def change_text(candidate: Decimal, baseline: Decimal) -> str:
    """`-0.0269 (-2.70%)`; empty unless both are finite, `unchanged` if they are equal."""
    if not (candidate.is_finite() and baseline.is_finite()):
        return ""
    change = difference(candidate, baseline)
    if not change:
        return "unchanged"
    relative = relative_text(candidate, baseline)
    return f"{signed(rounded(change))} ({relative})" if relative else signed(rounded(change))


def relative_text(candidate: Decimal, baseline: Decimal) -> str:
    """`-2.70%`, or from tenfold up how many times as much it is; empty from 0, and if it is tiny."""
    percent = percent_change(difference(candidate, baseline), baseline)
    if percent is None or not percent:
        return ""
    if baseline > 0:
        times = _context(_TIMES_DIGITS).divide(candidate, baseline)
        if times >= _TENFOLD:
            whole = _PERCENT_DIGITS - 1 <= times.adjusted() < _MOST_DIGITS
            near = times.to_integral_value() if whole else times.normalize(_context(_PERCENT_DIGITS))
            return f"{text(near)}{_TIMES}" if near.is_finite() else ""
    return percent_text(percent)


def percent_text(percent: Decimal) -> str:
    """`-2.70%`; -100 only if nothing is left; empty if it is tiny."""
    for digits in range(_PERCENT_DIGITS, _MOST_DIGITS + 1):
        near = _context(digits).plus(percent)
        if near != _WHOLE or percent == _WHOLE:
            break
    if near.adjusted() < _SMALLEST_EXPONENT:
        return ""
    if near.adjusted() > _MOST_DIGITS:
        return f"{signed(text(near.normalize(_context(_PERCENT_DIGITS))))}%"
    return f"{signed(f'{near:.{max(0, digits - 1 - near.adjusted())}f}')}%"


def _context(precision: int) -> Context:
    return Context(prec=precision, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
