"""Limits: the table of limit kinds, and whether a number or its change keeps the limits of a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from mlgit.core.gates.verdict import Bound, Outcome
from mlgit.core.pipeline import metrics
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from mlgit.core.config.file import ChangeKind, Gate, Limit, LimitKind
    from mlgit.core.gates.verdict import Result

Measure = Literal["value", "rise", "drop"]


class Kind(NamedTuple):
    """One kind of limit.

    The `measure` must be at least, or at most, the limit: `side`. `formula` and `sign` show the limit in
    `--explain` and in reports. `opposite` is the kind that a negative limit would mean.
    """

    measure: Measure
    side: Literal["least", "most"]
    formula: str
    sign: str
    opposite: ChangeKind | None = None

    @property
    def word(self) -> str:
        return "required" if self.side == "least" else "allowed"

    @property
    def fails_high(self) -> bool:
        """Whether the candidate is too high when the limit is broken; otherwise it is too low."""
        return (self.side == "least") == (self.measure == "drop")


KINDS: Mapping[LimitKind, Kind] = {
    "min": Kind("value", "least", "candidate >= {0}", "≥ "),
    "max": Kind("value", "most", "candidate <= {0}", "≤ "),
    "max_drop": Kind("drop", "most", "baseline - candidate <= {0}", "-", "min_rise"),
    "max_rise": Kind("rise", "most", "candidate - baseline <= {0}", "+", "min_drop"),
    "min_rise": Kind("rise", "least", "candidate - baseline >= {0}", "≥ +", "max_drop"),
    "min_drop": Kind("drop", "least", "baseline - candidate >= {0}", "≤ -", "max_rise"),
}


class Finding(NamedTuple):
    """The result of a gate before severity and waivers; `rising` if the number is too high."""

    outcome: Outcome
    reason: str | None
    message: str
    hint: str | None = None
    rising: bool = False


def is_too_high(result: Result) -> bool:
    """Whether the number of a result that failed is too high, not too low; see `Finding.rising`."""
    if result.reason == "no_baseline":
        return all(KINDS[each.kind].fails_high for each in result.limits)
    broken = (each.kind for each in result.limits if result.reason == f"{each.kind}_broken")
    return result.reason == "above_maximum" or any(KINDS[kind].fails_high for kind in broken)


def absolute_limits(gate: Gate) -> dict[LimitKind, Decimal]:
    limits: dict[LimitKind, Decimal | None] = {"min": gate.minimum, "max": gate.maximum}
    return {kind: limit for kind, limit in limits.items() if limit is not None}


def declared_bounds(gate: Gate) -> tuple[Bound, ...]:
    """The gate's limits as mlgit.yaml has them; `allowed` is known for absolute ones only."""
    bounds = [
        Bound(kind=kind, amount=metrics.text(limit), allowed=metrics.text(limit))
        for kind, limit in absolute_limits(gate).items()
    ]
    bounds += [
        Bound(kind=kind, amount=metrics.text(limit.amount), percent=limit.relative)
        for kind, limit in sorted(gate.change.items())
    ]
    return tuple(bounds)


def check_value(gate: Gate, value: Decimal) -> Finding:
    """Check an absolute gate: both limits are inclusive."""
    texts = []
    for kind, limit in absolute_limits(gate).items():
        row = KINDS[kind]
        texts.append(f"at {row.side} {metrics.text(limit)}")
        if not _keeps(row, value, limit):
            shown = metrics.short(value, apart_from=(limit,))
            reason = "above_maximum" if row.fails_high else "below_minimum"
            message = f"{gate.metric} {shown} is {reason.replace('_', ' the ')} {metrics.text(limit)}"
            return Finding("fail", reason, message, rising=row.fails_high)
    return Finding("pass", None, f"{gate.metric} {metrics.short(value)}, {' and '.join(texts)} required")


def check_change(gate: Gate, candidate: Decimal, baseline: Decimal) -> Finding:
    """Check the change from baseline to candidate: all limits are inclusive."""
    change = metrics.difference(candidate, baseline)
    if change and not baseline and any(limit.relative for limit in gate.change.values()):
        verb = "fell" if change.is_signed() else "rose"
        message = f"{gate.metric} {verb} from 0, so the change has no percentage"
        return Finding("error", "relative_to_zero", message, "declare the limit as a plain number")
    apart = (baseline,) if change else ()
    numbers = f"{gate.metric} {metrics.short(baseline)} → {metrics.short(candidate, apart_from=apart)}"
    limits = [(kind, limit, allowed(limit, baseline)) for kind, limit in sorted(gate.change.items())]
    for kind, limit, amount in limits:
        row = KINDS[kind]
        # No change is a change of 0 %, also from a baseline of 0, whose percentages are all 0.
        unmoved = row.side == "least" and not change and limit.amount > 0
        if unmoved or not _keeps(row, _measured(row.measure, change), amount):
            shown = metrics.signed(metrics.rounded(change, apart_from=(amount, amount.copy_negate())))
            message = f"{numbers} ({shown}, {_wording(row, limit, amount)})"
            return Finding("fail", f"{kind}_broken", message, rising=row.fails_high)
    words = ", ".join(_wording(KINDS[kind], limit, amount) for kind, limit, amount in limits)
    return Finding("pass", None, f"{numbers} ({metrics.signed(metrics.rounded(change))}, {words})")


def allowed(limit: Limit, baseline: Decimal) -> Decimal:
    """The limit in the metric's own unit."""
    return metrics.share(baseline, limit.amount) if limit.relative else limit.amount


def _measured(measure: Measure, number: Decimal) -> Decimal:
    match measure:
        case "value" | "rise":
            return number
        case "drop":
            return number.copy_negate()
    assert_never(measure)


def _keeps(row: Kind, measured: Decimal, limit: Decimal) -> bool:
    order = metrics.compare(measured, limit)
    return order >= 0 if row.side == "least" else order <= 0


def _wording(row: Kind, limit: Limit, amount: Decimal) -> str:
    shown = metrics.short(amount)
    if amount:
        shown = f"{'-' if row.measure == 'drop' else '+'}{shown}"
    percent = f" = {metrics.text(limit.amount)}%" if limit.relative else ""
    return f"{row.word} {shown}{percent}"
