"""Page of `mlgit experiments`: one line per revision, and as many columns as fit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.compare.leaderboard import Column, Leaderboard, Row, is_below
from mlgit.core.pipeline.metrics import short
from mlgit.core.record import NamedTuple
from mlgit.core.wording import count, format_since
from mlgit.render.page import Cell, Page, Span, cell_spans, clean, line, table
from mlgit.render.pages.diff import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgit.core.pipeline.evidence import Value

_GAP = 2
_COMMIT = 7
_LONGEST_NAME = 32
_LONGEST_VALUE = 24
_WIDE = 110
_PROBLEMS = 5
_DIGITS = 6
_UNREAD = {"not_fetched": "not fetched", "unreadable": "unreadable", "missing": "-"}


class _Shown(NamedTuple):
    """A column that may be shown, and how wide it would be."""

    column: Column
    cells: list[Cell]
    width: int


def page(record: Leaderboard, *, width: int, show_all: bool = False) -> Page:
    """The table, and notes about what it leaves out.

    `show_all` adds columns for parameters with the same value in all rows.
    """
    if not record.columns:
        return [*_nothing(record), *_below(record, record.columns, show_all=show_all)]
    if not record.rows:
        return [line("No revision meets this"), *_below(record, record.columns, show_all=show_all)]
    names = _names(record, longest=max(_LONGEST_NAME, width // 4))
    fixed: list[tuple[str, list[Cell]]] = [
        ("revision", names),
        ("commit", [Span("" if row.commit is None else row.commit[:_COMMIT], "dim") for row in record.rows]),
    ]
    if width >= _WIDE and not record.sort:
        times = [row.created_at for row in record.rows]
        ages = ["" if at is None else format_since(at, record.told_at) for at in times]
        fixed.append(("made", [Span(age, "dim") for age in ages]))
    left = width - sum(_width(title, cells) + _GAP for title, cells in fixed)
    shown = _fitting(record, left, show_all=show_all)
    columns = [*fixed, *((each.column.name, each.cells) for each in shown)]
    rows = zip(*(cells for _, cells in columns), strict=True)
    right = range(len(fixed), len(columns))
    header = [clean(title) for title, _ in columns]
    below = _below(record, [each.column for each in shown], show_all=show_all)
    return [table(header, rows, right=right, indent=0), *below]


def _nothing(record: Leaderboard) -> Page:
    hint = "declare `metrics:` in `dvc.yaml`, run the pipeline and commit what it writes"
    if record.head is not None and not record.considered:
        return [line("No such revision has metrics or parameters")]
    message = "No metrics or parameters in any revision" if record.considered else "No revisions yet"
    return [line(message), line(Span("hint: ", "careful"), hint, indent=2)]


def _names(record: Leaderboard, *, longest: int) -> list[Cell]:
    """The names of rows; experiments are shown below their baselines, unless rows are sorted."""
    present = set() if record.sort else {row.commit for row in record.rows if row.commit is not None}
    found: list[Cell] = []
    for row in record.rows:
        spans = [Span("└ ", "dim")] if is_below(row, present) else []
        if row.names:
            spans.append(
                Span(_row_name(row, longest), "strong" if row.commit in {record.head, None} else "name")
            )
        else:
            spans.append(Span(_cut(row.subject or "", longest), "dim"))
        if row.state != "done":
            spans.append(Span(f" {row.state}", "careful" if row.state == "queued" else "bad"))
        if row.problems:
            spans.append(Span(" !", "careful"))
        found.append(tuple(spans))
    return found


def _row_name(row: Row, longest: int) -> str:
    """As many names as fit, and how many more there are."""
    texts = [_cut(name.text, longest) for name in row.names]
    shown = texts[:1]
    for text in texts[1:]:
        if len(", ".join([*shown, text])) > longest:
            break
        shown.append(text)
    more = len(texts) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more else "")


def _cut(text: str, most: int) -> str:
    text = clean(" ".join(text.split()))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _fitting(record: Leaderboard, left: int, *, show_all: bool) -> list[_Shown]:
    """The most important columns that fit, in reading order."""
    chosen: list[_Shown] = []
    for column in _by_weight(record, show_all=show_all):
        cells = _cells(record, column)
        shown = _Shown(column, cells, _width(column.name, cells) + _GAP)
        if chosen and shown.width > left:
            break
        left -= shown.width
        chosen.append(shown)
    important = {name: place for place, name in enumerate(record.important)}
    order = {column.full_name + column.kind: place for place, column in enumerate(record.columns)}
    return sorted(
        chosen,
        key=lambda each: (
            important.get(each.column.full_name, len(important)),
            order[each.column.full_name + each.column.kind],
        ),
    )


def _by_weight(record: Leaderboard, *, show_all: bool) -> Iterator[Column]:
    """Important columns first, then two metrics per parameter; columns that differ before the rest."""
    first = {name: place for place, name in enumerate(record.important)}
    chosen = sorted(
        (each for each in record.columns if each.full_name in first), key=lambda each: first[each.full_name]
    )
    rest = [each for each in record.columns if each.full_name not in first]
    metrics = sorted(
        (each for each in rest if each.kind == "metric"),
        key=lambda each: (not each.changed, each.direction is None),
    )
    params = [each for each in rest if each.kind == "param" and each.changed]
    same = [each for each in rest if each.kind == "param" and not each.changed and show_all]
    yield from chosen
    differing = [each for each in metrics if each.changed]
    while differing or params:
        yield from differing[:2]
        yield from params[:1]
        differing, params = differing[2:], params[1:]
    yield from (each for each in metrics if not each.changed)
    yield from same


def _cells(record: Leaderboard, column: Column) -> list[Cell]:
    marked = column.changed and column.best is not None
    digits = _digits(record, column) if marked else _DIGITS
    return [_cell(row, column, marked=marked, digits=digits) for row in record.rows]


def _digits(record: Leaderboard, column: Column) -> int:
    """Enough digits to distinguish the best value from the next one."""
    values = [value for row in record.rows if isinstance(value := column.value_in(row), Decimal)]
    others = [value for value in values if value.is_finite() and value != column.best]
    if column.best is None or not others:
        return _DIGITS
    near = max(others) if column.direction == "up" else min(others)
    differ = (
        each for each in range(_DIGITS, 40) if short(near, digits=each) != short(column.best, digits=each)
    )
    return next(differ, 40)


def _cell(row: Row, column: Column, *, marked: bool, digits: int) -> Cell:
    found = column.value_in(row)
    if column.kind == "metric" and found is None:
        code = row.unread.get(column.file)
        return Span(_UNREAD.get(code or "missing", "-") + (" " if marked else ""), "dim")
    if found is None:
        return Span("-", "dim")
    if marked and column.is_best(found):
        return (Span(_text(found, digits), "ok"), Span("*", "ok"))
    return Span(_text(found, digits) + (" " if marked else ""))


def _text(found: Value, digits: int) -> str:
    if isinstance(found, Decimal):
        return short(found, digits=digits)
    return _cut(value(found), _LONGEST_VALUE)


def _width(title: str, cells: Sequence[Cell]) -> int:
    return max(len(title), *(sum(len(span.text) for span in cell_spans(cell)) for cell in cells))


def _below(record: Leaderboard, shown: Sequence[Column], *, show_all: bool) -> Page:
    """Notes about what the table does not show."""
    remarks = []
    if record.rows and any(each.changed and each.best is not None for each in shown):
        remarks.append("* best of all")
    remarks += [
        f"sorted by {key.name}, {'large' if key.descending else 'small'} first" for key in record.sort
    ]
    if len(record.rows) < record.considered:
        remarks.append(f"{len(record.rows)} of {record.considered} revisions")
    blocks: Page = [line(Span("; ".join(remarks), "dim"))] if remarks else []
    places = {(each.kind, each.full_name) for each in shown}
    hidden = [each for each in record.columns if (each.kind, each.full_name) not in places]
    same = [each for each in hidden if each.kind == "param" and not each.changed and not show_all]
    more = len(hidden) - len(same)
    if more:
        columns = count(more, "more column")
        blocks.append(line(Span(f"and {columns}: `--metrics` and `--params` choose, `--csv` has all", "dim")))
    if same:
        many = count(len(same), "parameter is", "parameters are")
        blocks.append(line(Span(f"{many} the same everywhere: `--all` shows them", "dim")))
    return blocks + _careful(record)


def _careful(record: Leaderboard) -> Page:
    problems = [
        (row.commit or "")[:_COMMIT] + (": " if row.commit else "") + problem
        for row in record.rows
        for problem in row.problems
    ]
    absent = sum("not_fetched" in row.unread.values() for row in record.rows)
    blocks: Page = [line(Span("! ", "careful"), problem) for problem in problems[:_PROBLEMS]]
    if len(problems) > _PROBLEMS:
        blocks.append(line(Span(f"and {len(problems) - _PROBLEMS} more problems: see `--json`", "dim")))
    if absent:
        many = count(absent, "revision has", "revisions have")
        blocks.append(line(f"{many} metrics that are not in the DVC cache of this machine"))
        blocks.append(line(Span("hint: ", "careful"), "run `dvc fetch --all-commits`", indent=2))
    return blocks + [line(Span("note: ", "dim"), note) for note in record.notes]
