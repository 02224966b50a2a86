"""Table: metrics that failed, are inconclusive or changed, and how much of what is allowed is used."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.pipeline.metrics import short
from mlgit.render.charts import bar
from mlgit.render.escape import code, prose
from mlgit.render.report.layout import EFFECTS, NO_NUMBER, RANK, cells, decimal, left_out

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Bound, Check, MetricChange, Result
    from mlgit.render.report.layout import DetailLevel

_HEADER = (
    "| | metric | base | this | change | limit | gate |",
    "|---|---|---:|---:|---:|---|---|",
)
_MOST_CHANGED = 10
# Keeps a number and its word on one line, where a table is narrow.
_TIE = "&nbsp;"
_LEAST, _MOST = f"≥{_TIE}", f"≤{_TIE}"
_SIGNS = {
    "min": _LEAST,
    "max": _MOST,
    "max_drop": "-",
    "max_rise": "+",
    "min_rise": f"{_LEAST}+",
    "min_drop": f"{_MOST}-",
}
_SETTLED = ("pass", "skipped")
_BEYOND = Decimal(2)
_Place = tuple[str | None, str, str]


class _Row(NamedTuple):
    """One metric: what changed of it, and the gate that has most to say about it."""

    change: MetricChange | None
    result: Result | None
    beside: tuple[Result, ...] = ()

    @property
    def told(self) -> bool:
        """Whether a gate that did not pass speaks here."""
        return self.result is not None and self.result.outcome not in _SETTLED


def table(record: Check, level: DetailLevel) -> list[str]:
    """The rows, worst first, under their header; empty when there is nothing to show."""
    rows = _rows(record)
    told = [row for row in rows if row.told]
    gated = [row for row in rows if not row.told and row.result is not None]
    free = [row for row in rows if row.result is None]
    shown = [*told, *gated, *free[: max(0, _MOST_CHANGED - len(gated))]] if level.ungated else [*told, *gated]
    shown = shown[: level.rows]
    more = left_out(len(rows) - len(shown), "rows")
    if not rows and record.metrics:
        return ["No metric changed."]
    if not shown:
        return more
    said: set[str] = set()
    lines = [*_HEADER, *(_line(row, said) for row in shown)]
    return [*lines, *([""] if more else []), *more]


def number(value: str | None, *others: str | None) -> str:
    """A number for a cell, rounded but not so far that it looks like one of the others."""
    if value is None:
        return NO_NUMBER
    return short(decimal(value), apart_from=[decimal(other) for other in others if other is not None])


def moved(change: MetricChange) -> str:
    """How a metric changed, and whether that is good."""
    if change.change is None:
        absent = (change.baseline is None, change.candidate is None)
        return {(True, False): "new", (False, True): "gone"}.get(absent, "")
    return _signed(change.change, better=change.better)


def _signed(text: str | None, *, better: bool | None) -> str:
    if text is None:
        return ""
    shown = short(decimal(text))
    sign = "" if shown.startswith("-") or shown == "0" else "+"
    word = {True: f"{_TIE}better", False: f"{_TIE}worse", None: ""}[better]
    return f"{sign}{shown}{word}"


def _rows(record: Check) -> list[_Row]:
    """Every gate that did not pass, and every changed metric once, with the gate that it comes nearest to."""
    changes = {_place(change): change for change in record.metrics}
    results = sorted(record.verdict.results, key=lambda result: (RANK[result.effect], result.id))
    told = [result for result in results if result.outcome not in _SETTLED]
    passed: dict[_Place, list[Result]] = {}
    for result in results:
        if result.outcome in _SETTLED:
            passed.setdefault(_place(result), []).append(result)
    rows = [_Row(changes.get(_place(result)), result) for result in told]
    spoken = {_place(result) for result in told}
    for place, change in changes.items():
        if change.changed and place not in spoken:
            near = sorted(passed.get(place, ()), key=lambda result: (-(_share(result) or 0), result.id))
            rows.append(_Row(change, near[0] if near else None, tuple(near[1:])))
    return rows


def _place(item: Result | MetricChange) -> _Place:
    return item.model, item.file or "", item.key or ""


def _line(row: _Row, said: set[str]) -> str:
    """One row; a reason that an earlier row `said` is not said again."""
    result, change = row.result, row.change
    name = result.metric if row.told and result is not None else change.key if change is not None else ""
    weighs = result is not None and result.outcome != "skipped"
    old, new, difference = _numbers(row)
    texts = (
        EFFECTS[result.effect] if result is not None and weighs else "",
        code(name),
        old,
        new,
        f"**{difference}**" if difference and result is not None and result.outcome == "fail" else difference,
        _allowed(result) if result is not None and weighs else "",
        _gates(row, said),
    )
    return cells(texts)


def _numbers(row: _Row) -> tuple[str, str, str]:
    """Base, this and change; of a gate that compares with something else than the base its own numbers."""
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
    return number(old, new), number(new, old), moved(change)


def _allowed(result: Result) -> str:
    """The limits in words, and how much of the allowed change was used."""
    limits = ", ".join(_limit(bound) for bound in result.limits)
    share = _share(result)
    return f"{limits}{_TIE}{bar(share)}" if share else limits


def _limit(bound: Bound) -> str:
    return f"{_SIGNS.get(bound.kind, '')}{prose(bound.amount)}{f'{_TIE}%' if bound.percent else ''}"


def _share(result: Result) -> Decimal | None:
    """How much of its limit the change is, for the limit that it comes nearest to; None for other gates."""
    if result.change is None:
        return None
    change = decimal(result.change)
    shares = [
        _portion(change.copy_negate() if bound.kind.endswith("drop") else change, decimal(bound.allowed))
        for bound in result.limits
        if bound.allowed is not None and bound.kind not in {"min", "max"}
    ]
    return max(shares, default=None)


def _portion(way: Decimal, limit: Decimal) -> Decimal:
    if not (way.is_finite() and limit.is_finite()) or way <= 0:
        return Decimal(0)
    return _BEYOND if way > limit.copy_abs() else way / limit.copy_abs()


def _gates(row: _Row, said: set[str]) -> str:
    result = row.result
    if result is None:
        return ""
    names = ", ".join(code(each.gate) for each in (result, *row.beside[:3]))
    parts = [prose(result.message)] if result.outcome not in {"pass", "fail", "skipped"} else []
    parts += [prose(result.hint)] if result.hint and result.outcome not in _SETTLED else []
    reason = "; ".join(parts)
    texts = ["as above" if reason in said else reason] if reason else []
    said.add(reason)
    texts += [f"waived by {code(result.waiver)}"] if result.waiver else []
    return f"{names}: {'; '.join(texts)}" if texts else names
