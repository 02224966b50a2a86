"""Leaderboard: a table of revisions as CSV for spreadsheets, and as Markdown for pull requests."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import short, text
from mlgit.render.escape import code, literal, prose
from mlgit.render.page import clean

if TYPE_CHECKING:
    from mlgit.core.compare.leaderboard import Column, Leaderboard, Row
    from mlgit.core.pipeline.evidence import Value

_FACTS = ("revision", "commit", "baseline", "state", "created_at")
# A text that starts so is a formula for a spreadsheet; anyone who opens a pull request may write it.
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (wide ones count in East Asia)
_UNREAD = {"not_fetched": "not fetched", "unreadable": "unreadable"}


def as_csv(record: Leaderboard) -> str:
    """Every column, numbers in full; a cell is empty if a revision has no value.

    Text that a spreadsheet would treat as a formula begins with `'`, and has no control characters.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow((*_FACTS, *(_harmless(column.name) for column in record.columns)))
    for row in record.rows:
        created = "" if row.created_at is None else row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        facts = (_harmless(_names_of(row)), row.commit or "", row.baseline or "", row.state, created)
        values = (column.value_in(row) for column in record.columns)
        writer.writerow(
            (*facts, *(_harmless(each) if isinstance(each, str) else _plain(each) for each in values))
        )
    return written.getvalue().encode("utf-8", "replace").decode("utf-8")


def as_markdown(record: Leaderboard, *, show_all: bool = False) -> str:
    """A table for people: the best values in bold; constant parameters only with `show_all`."""
    columns = [
        each
        for each in record.columns
        if each.kind == "metric" or each.changed or show_all or each.full_name in record.important
    ]
    header = ["revision", "commit", *(code(column.name) for column in columns)]
    lines = [_line(header), _line(["---", "---", *("---:" for _ in columns)])]
    for row in record.rows:
        name = code(_names_of(row)) if row.names else prose(row.subject or "")
        state = "" if row.state == "done" else f" ({row.state})"
        commit = "" if row.commit is None else code(row.commit[:7])
        lines.append(_line([name + state, commit, *(_cell(row, column) for column in columns)]))
    return "".join(lines).encode("utf-8", "replace").decode("utf-8")


def _harmless(text: str) -> str:
    shown = "\n".join(clean(line) for line in text.split("\n"))
    return f"'{shown}" if text.startswith(_FORMULA) else shown


def _names_of(row: Row) -> str:
    return ", ".join(name.text for name in row.names)


def _plain(value: Value) -> str:
    if isinstance(value, Decimal):
        return text(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _cell(row: Row, column: Column) -> str:
    value = column.value_in(row)
    if value is None:
        return _UNREAD.get(row.unread.get(column.file, ""), "") if column.kind == "metric" else ""
    if not isinstance(value, Decimal):
        return literal(_plain(value))
    shown = short(value, apart_from=() if column.best is None else (column.best,))
    return f"**{shown}**" if column.is_best(value) else shown


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"
