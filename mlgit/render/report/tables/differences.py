"""Differences: numbers, how they changed, and whether that is better, in the cells of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.change_text import change_text
from mlgit.core.gates.limits import KINDS
from mlgit.core.pipeline.metrics import direction_of, short
from mlgit.render.escape import code
from mlgit.render.report.layout import NO_NUMBER, decimal
from mlgit.render.value_rows import worst_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.config.file import Direction
    from mlgit.core.gates.verdict import Bound, MetricChange, Result


def number(value: str | None, *others: str | None) -> str:
    """A number for a cell, rounded, but still different from each of the others."""
    if value is None:
        return NO_NUMBER
    return short(decimal(value), apart_from=[decimal(other) for other in others if other is not None])


def value(stored: str | None, text: str | None, *others: str | None) -> str:
    """A number for a cell, or what is there in place of one."""
    return number(stored, *others) if text is None else code(text)


def signed_difference(
    new: str | None, old: str | None, direction: Direction | None, limits: Sequence[Bound] = ()
) -> str:
    """How a number changed, and whether that is better; empty if one of them is absent.

    It does not look like one of these limits unless it reaches it.
    """
    if new is None or old is None:
        return ""
    after, before = decimal(new), decimal(old)
    known = after.is_finite() and before.is_finite()
    other_way = "drop" if known and after > before else "rise"
    near = [each for each in limits if known and not each.kind.endswith(other_way)]
    text = change_text(
        after,
        before,
        amounts=[decimal(each.allowed) for each in near if each.allowed is not None],
        percents=[decimal(each.amount) for each in near if each.percent],
    )
    if direction is None or not known or after == before:
        return text
    return f"{text} {'better' if (after > before) == (direction == 'up') else 'worse'}"


def metric_difference(change: MetricChange) -> str:
    """How a metric changed next to the base, or on which side it is known to be absent."""
    if not change.appearance and (change.old_text is not None or change.new_text is not None):
        return "changed"
    return change.appearance or signed_difference(change.candidate, change.baseline, known_direction(change))


def is_known_change(change: MetricChange) -> bool:
    """Whether a metric is known to differ: not if the base is unknown here."""
    return change.changed and not (change.known == "no" and change.candidate is not None)


def ungated_order(change: MetricChange) -> tuple[tuple[int, float], bool, str, str]:
    """Lost numbers first, then worse ones, those without a direction, and better ones, as in `check`."""
    percent = None if change.change_percent is None else decimal(change.change_percent)
    known = None if percent is None or not percent.is_finite() else percent
    order = worst_first(change.change, known, better=change.better, lost=change.lost)
    return order, change.appearance != "gone", change.file, change.key


def guarded_direction(result: Result, change: MetricChange | None) -> Direction | None:
    """Which way is better for a gate's metric: as its change says, or as its limits guard it."""
    known = None if change is None else known_direction(change)
    if known is not None:
        return known
    guarded = {"down" if KINDS[bound.kind].fails_high else "up" for bound in result.limits}
    if len(guarded) == 1:
        return "up" if "up" in guarded else "down"
    return direction_of(result.key or result.metric, {})


def known_direction(change: MetricChange) -> Direction | None:
    """Which way is better, as a change says; None if it does not."""
    if change.better is None or change.change is None or decimal(change.change).is_nan():
        return None
    return "up" if change.better == (decimal(change.change) > 0) else "down"
