"""Table: one row per gate, the worst first, then the metrics that changed without a gate."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mlgit.core.overview.reason import sorted_results
from mlgit.core.record import NamedTuple
from mlgit.render.escape import literal
from mlgit.render.report.layout import DetailLevel, ReportContext, cells, decimal, left_out
from mlgit.render.report.tables.differences import is_known_change, ungated_order
from mlgit.render.report.tables.renames import means, place_of, renamed_metrics
from mlgit.render.report.tables.rows import Row, RowMaker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import Check, Result

_MOST_SETTLED = 15
_MOST_UNGATED = 10
_MOST_BASELINES = 3
_ANY = "compared with"
_SETTLED = ("pass", "skipped")
_TEXT, _NUMBER = "---", "---:"


class Shown(NamedTuple):
    """The lines of a table, and whether every gate has a row in it."""

    lines: list[str]
    whole: bool


def table(record: Check, context: ReportContext, level: DetailLevel, *, whole: bool = True) -> Shown:
    """The rows under their header; no lines if there is nothing to show.

    `whole`: it is about the whole check, so that a gate without a row is in the details.
    """
    results = sorted_results(record.verdict)
    failed = [each for each in results if each.outcome not in _SETTLED]
    settled = [each for each in results if each.outcome in _SETTLED]
    if len(settled) > _MOST_SETTLED:
        settled.sort(key=lambda each: (_SETTLED.index(each.outcome), _room(each)))
    gates = [*failed, *(settled[:_MOST_SETTLED] if level.ungated else ())][: level.rows]
    make = RowMaker(record, context)
    free = _free_rows(record, results, make)
    room = level.rows - len(gates) if level.ungated else 0
    shown = free[: max(0, min(room, _MOST_UNGATED))]
    lines = _drawn([*map(make.of_gate, gates), *shown])
    hidden = len(results) - len(gates)
    below = level.details and level.unchanged
    more = [
        *left_out(hidden, "gate", below=below and whole),
        *left_out(len(free) - len(shown), "metric", below=below),
    ]
    if not lines and not more and record.metrics:
        lines = ["No metric changed."]
    return Shown([*lines, *([""] if lines and more else []), *more], whole=not hidden)


def _room(result: Result) -> float:
    """How far a number is from the nearest limit that it keeps, as a multiple of the limit."""
    found = [inf]
    for bound in result.limits:
        number = result.change if bound.kind not in {"min", "max"} else result.candidate
        if number is None or bound.allowed is None:
            continue
        limit, measured = float(decimal(bound.allowed)), float(decimal(number))
        limit = -limit if bound.kind.endswith("drop") else limit
        far = abs(measured - limit)
        found.append(far / abs(limit) if limit else far)
    return min(found)


def _free_rows(record: Check, results: Sequence[Result], make: RowMaker) -> list[Row]:
    """Changed metrics that no gate reads, the worst first; a renamed one is one row."""
    renamed = renamed_metrics(record.metrics)
    used = {place_of(each) for each in results}
    used |= {place_of(each) for each in map(make.change_of, results) if each is not None}
    # A gate whose metric is missing already has the row of the one that was renamed.
    missing = [each for each in results if each.reason == "unknown_metric"]
    used |= {place for place in renamed if any(means(each, place) for each in missing)}
    used |= {place_of(each) for each in renamed.values()}
    changes = (each for each in record.metrics if is_known_change(each) and place_of(each) not in used)
    return [make.of_metric(each) for each in sorted(changes, key=ungated_order)]


def _with_names(baselines: Mapping[str, str]) -> str:
    return ", ".join(f"{shown} ({literal(name)})" for name, shown in baselines.items())


def _drawn(rows: Sequence[Row]) -> list[str]:
    """A table with only the columns that some row needs."""
    if not rows:
        return []
    headers = list(dict.fromkeys(header for row in rows for header in row.baselines))
    headers.sort(key=lambda header: header == "base")
    if len(headers) > _MOST_BASELINES:
        rows = [row._replace(baselines={_ANY: _with_names(row.baselines)}) for row in rows]
        headers = [_ANY]
    columns = [
        ("result", _TEXT, [row.mark for row in rows]),
        ("gate", _TEXT, [row.gate for row in rows]),
        ("metric", _TEXT, [row.metric for row in rows]),
        *((each, _NUMBER, [row.baselines.get(each, "") for row in rows]) for each in headers),
        ("this change", _NUMBER, [row.number for row in rows]),
        ("change", _TEXT, [row.change for row in rows]),
        ("limit", _TEXT, [row.limit for row in rows]),
    ]
    kept = [column for column in columns if column[0] in {"metric", "this change"} or any(column[2])]
    return [
        cells([literal(title) for title, _, _ in kept]),
        f"|{'|'.join(align for _, align, _ in kept)}|",
        *(cells(texts) for texts in zip(*(texts for _, _, texts in kept), strict=True)),
    ]
