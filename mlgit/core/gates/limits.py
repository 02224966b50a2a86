"""Limits: whether a number, or the change of a number, keeps what a gate asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.gates.verdict import Bound
from mlgit.core.pipeline import metrics

if TYPE_CHECKING:
    from decimal import Decimal

    from mlgit.core.config.file import Gate, Limit
    from mlgit.core.gates.verdict import Outcome


class Finding(NamedTuple):
    """What a gate says, before severity and waivers; `rising` when the number is too high."""

    outcome: Outcome
    reason: str | None
    message: str
    hint: str | None = None
    rising: bool = False


def declared_bounds(gate: Gate) -> tuple[Bound, ...]:
    """The gate's limits as mlgit.yaml has them; `allowed` is known for absolute ones only."""
    bounds = [
        Bound(kind=kind, amount=metrics.text(limit), allowed=metrics.text(limit))
        for kind, limit in (("min", gate.minimum), ("max", gate.maximum))
        if limit is not None
    ]
    bounds += [
        Bound(kind=kind, amount=metrics.text(limit.amount), percent=limit.relative)
        for kind, limit in sorted(gate.change.items())
    ]
    return tuple(bounds)


def judge_value(gate: Gate, value: Decimal) -> Finding:
    """An absolute gate: both limits are inclusive."""
    low, high = gate.minimum, gate.maximum
    if low is not None and metrics.compare(value, low) < 0:
        shown = metrics.short(value, apart_from=(low,))
        return Finding("fail", "below_minimum", f"{gate.metric} {shown}, at least {metrics.text(low)} wanted")
    if high is not None and metrics.compare(value, high) > 0:
        shown = metrics.short(value, apart_from=(high,))
        message = f"{gate.metric} {shown}, at most {metrics.text(high)} allowed"
        return Finding("fail", "above_maximum", message, rising=True)
    limits = [
        f"at {word} {metrics.text(limit)}"
        for word, limit in (("least", low), ("most", high))
        if limit is not None
    ]
    return Finding("pass", None, f"{gate.metric} {metrics.short(value)}, {' and '.join(limits)} wanted")


def judge_change(gate: Gate, candidate: Decimal, baseline: Decimal) -> Finding:
    """A gate on the change from baseline to candidate: all limits are inclusive."""
    change = metrics.difference(candidate, baseline)
    if change and not baseline and any(limit.relative for limit in gate.change.values()):
        verb = "rose" if change > 0 else "fell"
        message = f"{gate.metric} {verb} from 0, which is no percentage"
        return Finding("error", "relative_to_zero", message, "declare the limit as a plain number")
    apart = (baseline,) if change else ()
    numbers = f"{gate.metric} {metrics.short(baseline)} -> {metrics.short(candidate, apart_from=apart)}"
    limits = [(kind, limit, allowed(limit, baseline)) for kind, limit in sorted(gate.change.items())]
    for kind, limit, amount in limits:
        if not _holds(kind, change, amount, limit):
            shown = _signed(metrics.short(change, apart_from=(amount, amount.copy_negate())))
            message = f"{numbers} ({shown}, {_wording(kind, limit, amount)})"
            return Finding("fail", f"{kind}_broken", message, rising=kind in {"max_rise", "min_drop"})
    words = ", ".join(_wording(kind, limit, amount) for kind, limit, amount in limits)
    return Finding("pass", None, f"{numbers} ({_signed(metrics.short(change))}, {words})")


def allowed(limit: Limit, baseline: Decimal) -> Decimal:
    """The limit in the metric's own unit."""
    return metrics.share(baseline, limit.amount) if limit.relative else limit.amount


def _holds(kind: str, change: Decimal, amount: Decimal, limit: Limit) -> bool:
    moved = change.copy_negate() if kind.endswith("drop") else change
    if kind.startswith("max"):
        return metrics.compare(moved, amount) <= 0
    # No change is a change of 0 %, also from a baseline of 0, whose percentages are all 0.
    if limit.relative and not moved and limit.amount > 0:
        return False
    return metrics.compare(moved, amount) >= 0


def _wording(kind: str, limit: Limit, amount: Decimal) -> str:
    shown = metrics.short(amount)
    if amount:
        shown = f"-{shown}" if kind.endswith("drop") else f"+{shown}"
    percent = f" = {metrics.text(limit.amount)}%" if limit.relative else ""
    return f"{'allowed' if kind.startswith('max') else 'wanted'} {shown}{percent}"


def _signed(shown: str) -> str:
    return shown if shown.startswith("-") or shown == "0" else f"+{shown}"
