"""Value rows: changed metrics as aligned rows, the worst first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.render.console import text_width
from mlgit.render.page import Span, Style, Table, clean, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.pipeline.evidence import Value

_STYLES: dict[bool | None, Style] = {True: "ok", False: "bad", None: ""}


class ValueRow(NamedTuple):
    """One metric; `old` or `new` is None if only the other side has it. `note` follows the change."""

    name: str
    old: str | None
    new: str | None
    change: str
    note: str
    better: bool | None


def worst_first(
    change: Decimal | str | None, percent: Decimal | str | None, *, better: bool | None, lost: bool
) -> tuple[int, float]:
    """The sort key of a change: lost numbers before worse ones, then unclear and better ones, the best last.

    `lost`: there is no finite number any more. From 0, a change has no percentage and is large.
    """
    size = 0.0 if change is None else float("inf") if percent is None else abs(float(percent))
    if lost:
        return 0, -size
    return (3, size) if better else (1 if better is False else 2, -size)


def is_lost(old: Value, new: Value) -> bool:
    """Whether there was a finite number, and now there is none."""
    return _is_finite(old) and not _is_finite(new)


def _is_finite(value: Value) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def value_table(rows: Sequence[ValueRow], *, indent: int, whole: bool = False) -> Table:
    """Name, old → new, change, and whether that is better.

    Long names are cut to fit the terminal, unless `whole`.
    """
    olds = [clean(row.old or "") for row in rows]
    news = [clean(row.new or "") for row in rows]
    left, right = max(map(text_width, olds), default=0), max(map(text_width, news), default=0)
    # `+0.05 (+1%)` has two columns, `not a number` one.
    changes = [
        row.change.partition(" ") if row.change.endswith(")") else (row.change, "", "") for row in rows
    ]
    wide = max((len(amount) for amount, _, share in changes if share), default=0)
    cells = []
    for row, old, new, (amount, _, share) in zip(rows, olds, news, changes, strict=True):
        pair = _padded(new, right)
        if left:
            arrow = " → " if old and new else "   "
            pair = f"{' ' * (left - text_width(old))}{old}{arrow}{pair}"
        change = f"{amount.ljust(wide)} {share}" if share else amount
        style = _STYLES[row.better]
        cells.append((row.name, pair, Span(change, style), Span(row.note, style or "dim")))
    return table(("", "", "", ""), cells, indent=indent, cut=None if whole else 0)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - text_width(text))
