"""Table: the metrics that failed, are inconclusive or changed, and how much of each limit they use."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.gates.limits import KINDS
from mlgit.core.pipeline.metrics import rounded, short
from mlgit.core.record import NamedTuple
from mlgit.render.charts import bar
from mlgit.render.escape import code, prose
from mlgit.render.report.layout import EFFECTS, NO_NUMBER, RANK, DetailLevel, cells, decimal, left_out

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Bound, Check, MetricChange, Result

_HEADER = ("| | metric | base | this | change | limit | gate |", "|---|---|---:|---:|---:|---|---|")
_MOST_CHANGED = 10
# Keeps a number and its word on one line in a narrow table.
_TIE = "&nbsp;"
_SETTLED = ("pass", "skipped")
_BEYOND = Decimal(2)
_Place = tuple[str | None, str, str]


class _Row(NamedTuple):
    """One metric: its change, the most important gate on it, and the others."""

    change: MetricChange | None
    result: Result | None
    others: tuple[Result, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether its gate did not pass."""
        return self.result is not None and self.result.outcome not in _SETTLED


def table(record: Check, level: DetailLevel) -> list[str]:
    """The rows, the worst first, under their header; empty if there is nothing to show."""
    rows = _rows(record)
    failed = [row for row in rows if row.failed]
    gated = [row for row in rows if not row.failed and row.result is not None]
    free = [row for row in rows if row.result is None]
    shown = (
        [*failed, *gated, *free[: max(0, _MOST_CHANGED - len(gated))]] if level.ungated else [*failed, *gated]
    )
    shown = shown[: level.rows]
    more = left_out(len(rows) - len(shown), "rows")
    if not rows and record.metrics:
        return ["No metric changed."]
    if not shown:
        return more
    reasons: set[str] = set()
    lines = [*_HEADER, *(_line(row, reasons) for row in shown)]
    return [*lines, *([""] if more else []), *more]


def number(value: str | None, *others: str | None) -> str:
    """A number for a cell, rounded, but still different from each of the others."""
    if value is None:
        return NO_NUMBER
    return short(decimal(value), apart_from=[decimal(other) for other in others if other is not None])


def difference_text(change: MetricChange) -> str:
    """How a metric changed, and whether that is better."""
    if change.change is None:
        return change.appearance
    return _signed(change.change, better=change.better)


def _signed(text: str | None, *, better: bool | None) -> str:
    if text is None:
        return ""
    shown = rounded(decimal(text))
    sign = "" if shown.startswith("-") or shown == "0" else "+"
    word = {True: f"{_TIE}better", False: f"{_TIE}worse", None: ""}[better]
    return f"{sign}{shown}{word}"


def _rows(record: Check) -> list[_Row]:
    """Every gate that did not pass, and every other changed metric once, with the gate nearest its limit."""
    changes = {_place(change): change for change in record.metrics}
    results = sorted(record.verdict.results, key=lambda result: (RANK[result.effect], result.id))
    failed = [result for result in results if result.outcome not in _SETTLED]
    passed: dict[_Place, list[Result]] = {}
    for result in results:
        if result.outcome in _SETTLED:
            passed.setdefault(_place(result), []).append(result)
    rows = [_Row(changes.get(_place(result)), result) for result in failed]
    shown = {_place(result) for result in failed}
    for place, change in changes.items():
        if change.changed and place not in shown:
            near = sorted(passed.get(place, ()), key=lambda result: (-(_share(result) or 0), result.id))
            for outcome in _SETTLED:  # a skipped gate in the row of a passed one would look passed
                alike = [result for result in near if result.outcome == outcome]
                if alike:
                    rows.append(_Row(change, alike[0], tuple(alike[1:])))
            if not near:
                rows.append(_Row(change, None))
    return rows


def _place(item: Result | MetricChange) -> _Place:
    return item.model, item.file or "", item.key or ""


def _line(row: _Row, reasons: set[str]) -> str:
    """One row; a reason that is in `reasons` already becomes `as above`."""
    result, change = row.result, row.change
    name = result.metric if row.failed and result is not None else change.key if change is not None else ""
    evaluated = result is not None and result.outcome != "skipped"
    old, new, difference = _numbers(row)
    texts = (
        EFFECTS[result.effect] if result is not None and evaluated else "",
        code(name),
        old,
        new,
        f"**{difference}**" if difference and result is not None and result.outcome == "fail" else difference,
        _allowed(result) if result is not None and evaluated else "",
        _gates(row, reasons),
    )
    return cells(texts)


def _numbers(row: _Row) -> tuple[str, str, str]:
    """Base, this and change; the gate's own numbers if it compares with another baseline."""
    result, change = row.result, row.change
    other = None if result is None or result.baseline is None or result.vs == "base" else result.vs
    if result is not None and (other is not None or change is None):
        whose = "" if other is None else f"{_TIE}({prose(other)})"
        difference = _signed(result.change, better=None if change is None else change.better)
        old, new = result.baseline, result.candidate
        return f"{number(old, new)}{whose}", number(new, old), difference
    if change is None:
        return NO_NUMBER, NO_NUMBER, ""  # pragma: no cover (a row has one of the two)
    old, new = change.baseline, change.candidate
    return number(old, new), number(new, old), difference_text(change)


def _allowed(result: Result) -> str:
    """The limits, and how much of the allowed change is used."""
    limits = ", ".join(_limit(bound) for bound in result.limits)
    share = _share(result)
    return f"{limits}{_TIE}{bar(share)}" if share else limits


def _limit(bound: Bound) -> str:
    sign = KINDS[bound.kind].sign.replace(" ", _TIE)
    return f"{sign}{prose(bound.amount)}{f'{_TIE}%' if bound.percent else ''}"


def _share(result: Result) -> Decimal | None:
    """The largest share of a limit that the change uses; None if no limit is about a change."""
    if result.change is None:
        return None
    change = decimal(result.change)
    shares = [
        _portion(change.copy_negate() if measure == "drop" else change, decimal(bound.allowed))
        for bound in result.limits
        if bound.allowed is not None and (measure := KINDS[bound.kind].measure) != "value"
    ]
    return max(shares, default=None)


def _portion(change: Decimal, limit: Decimal) -> Decimal:
    if not (change.is_finite() and limit.is_finite()) or change <= 0:
        return Decimal(0)
    return _BEYOND if change > limit.copy_abs() else change / limit.copy_abs()


def _gates(row: _Row, reasons: set[str]) -> str:
    result = row.result
    if result is None:
        return ""
    names = ", ".join(code(each.gate) for each in (result, *row.others[:3]))
    parts = [prose(result.message)] if result.outcome not in {"pass", "fail", "skipped"} else []
    parts += [prose(result.hint)] if result.hint and result.outcome not in _SETTLED else []
    reason = "; ".join(parts)
    texts = ["as above" if reason in reasons else reason] if reason else []
    reasons.add(reason)
    texts += [f"waived by {code(result.waiver)}"] if result.waiver else []
    return f"{names}: {'; '.join(texts)}" if texts else names
