"""Change text: how a number changed, with per cent, or times as much from tenfold up."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import difference, percent_change, rounded, signed, text

if TYPE_CHECKING:
    from collections.abc import Collection

_PERCENT_DIGITS = 3
_TENFOLD = 10
_TIMES_DIGITS = 12
_TIMES = "\N{MULTIPLICATION SIGN}"
_WHOLE = Decimal(-100)
_SMALLEST_EXPONENT = -4
_MOST_DIGITS = 9


def change_text(
    candidate: Decimal,
    baseline: Decimal,
    *,
    amounts: Collection[Decimal] = (),
    percents: Collection[Decimal] = (),
) -> str:
    """`-0.0269 (-2.70%)`; of other than finite numbers what they are, `unchanged` if they are equal.

    It looks like a limit of `amounts` and `percents`, which have no sign, only if it is exactly that.
    """
    if not (candidate.is_finite() and baseline.is_finite()):
        return _of_other(candidate, baseline)
    change = difference(candidate, baseline)
    if not change:
        return "unchanged"
    relative = relative_text(candidate, baseline, percents=percents)
    amount = signed(rounded(change, apart_from=_with_both_signs(amounts)))
    return f"{amount} ({relative})" if relative else amount


def _of_other(candidate: Decimal, baseline: Decimal) -> str:
    """What became of a number of which one is not finite."""
    if str(candidate) == str(baseline) or (candidate.is_nan() and baseline.is_nan()):
        return "unchanged"
    if candidate.is_nan():
        return "not a number"
    return "infinite" if candidate.is_infinite() else "changed"


def relative_text(candidate: Decimal, baseline: Decimal, *, percents: Collection[Decimal] = ()) -> str:
    """`-2.70%`, or from tenfold up how many times as much it is; empty from 0, and if it is tiny.

    Next to `percents`, limits in per cent, it is always in per cent.
    """
    percent = percent_change(difference(candidate, baseline), baseline)
    if percent is None or not percent:
        return ""
    if baseline > 0 and not percents:
        times = _context(_TIMES_DIGITS).divide(candidate, baseline)
        if times >= _TENFOLD:
            whole = _PERCENT_DIGITS - 1 <= times.adjusted() < _MOST_DIGITS
            near = times.to_integral_value() if whole else times.normalize(_context(_PERCENT_DIGITS))
            return f"{text(near)}{_TIMES}" if near.is_finite() else ""
    return percent_text(percent, apart_from=_with_both_signs(percents))


def percent_text(percent: Decimal, *, apart_from: Collection[Decimal] = ()) -> str:
    """`-2.70%`; -100 only if nothing is left; empty if it is tiny."""
    for digits in range(_PERCENT_DIGITS, _MOST_DIGITS + 1):
        near = _context(digits).plus(percent)
        if near == percent or near not in {_WHOLE, *apart_from}:
            break
    if near.adjusted() < _SMALLEST_EXPONENT:
        return ""
    if near.adjusted() > _MOST_DIGITS:
        return f"{signed(text(near.normalize(_context(_PERCENT_DIGITS))))}%"
    return f"{signed(f'{near:.{max(0, digits - 1 - near.adjusted())}f}')}%"


def _with_both_signs(limits: Collection[Decimal]) -> list[Decimal]:
    return [number for each in limits if each.is_finite() for number in (each, each.copy_negate())]


def _context(precision: int) -> Context:
    return Context(prec=precision, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
