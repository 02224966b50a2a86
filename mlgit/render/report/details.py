"""Details: the folded blocks of a report: gates, metrics, params, stages, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count, joined
from mlgit.render.charts import line_chart, sparkline
from mlgit.render.escape import code, literal, prose
from mlgit.render.report.layout import NO_NUMBER, RANK, cells, left_out
from mlgit.render.report.models import worst_first
from mlgit.render.report.tables.differences import (
    guarded_direction,
    is_known_change,
    metric_difference,
    signed_difference,
    ungated_order,
    value,
)
from mlgit.render.report.tables.rows import base_name, mark_of
from mlgit.render.svg import history_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import Check, MetricChange, Outcome, Result
    from mlgit.core.pipeline.report_context import MetricHistory, StageRun
    from mlgit.render.report.layout import DetailLevel, ReportContext

    _Place = tuple[str | None, str, str]
    _History = Mapping[_Place, MetricHistory]

_TEXTS = ("metric", "trend")
_MOST_CHARTS = 3
_MOST_REASONS = 6
_LEAST_FOR_TREND, _LEAST_FOR_CHART = 2, 3
_OUTCOMES: dict[Outcome, str] = {
    "pass": "passed",
    "fail": "failed",
    "inconclusive": "inconclusive",
    "error": "in error",
    "skipped": "skipped",
}
_STATES = ("rerun", "new", "removed", "stale", "cached")


def details(
    record: Check, context: ReportContext, level: DetailLevel, *, gates: bool = False
) -> list[list[str]]:
    """The folded blocks that are not empty; `gates` if the table above does not have all of them."""
    if not level.details:
        return []
    history = {(each.model, each.file, each.key): each for each in record.history}
    blocks = [
        _gates(record, level) if gates else [],
        _metrics(record, history, level),
        _params(record, level),
        _stages(record, level),
        # Charts only where it is known that the forge draws them.
        _charts(record, history, svg=context.svg) if level.charts and (context.host or context.svg) else [],
    ]
    return [block for block in blocks if block]


def _folded(summary: str, inside: Sequence[str]) -> list[str]:
    return ["<details>", f"<summary>{summary}</summary>", "", *inside, "", "</details>"]


def _listed(header: Sequence[str], rows: Sequence[str], total: int, level: DetailLevel) -> list[str]:
    """A table of the first rows, and how many of `total` it leaves out."""
    shown = rows[: level.rows]
    more = left_out(total - len(shown), "row")
    return [*(header if shown else ()), *shown, *([""] if more and shown else []), *more]


def _gates(record: Check, level: DetailLevel) -> list[str]:
    results = sorted(record.verdict.results, key=lambda each: (RANK[each.effect], each.outcome, each.id))
    if not results:
        return []
    shown = [each for each in results if level.unchanged or each.outcome != "pass"]
    header = ("| result | gate | what it says |", "|---|---|---|")
    rows = [cells((mark_of(each), code(each.id), prose(each.message))) for each in shown[: level.rows]]
    counts = _counted([_OUTCOMES[each.outcome] for each in results], tuple(_OUTCOMES.values()))
    return _folded(f"All gates: {counts}", _listed(header, rows, len(results), level))


def _metrics(record: Check, history: _History, level: DetailLevel) -> list[str]:
    if not record.metrics:
        return []
    compared = any(each.baseline is not None or each.old_text is not None for each in record.metrics)
    shown = [each for each in _ordered(record) if level.unchanged or each.changed][: level.rows]
    several = len({each.model for each in record.metrics}) > 1
    trends = [_trend(each, history) if compared else "" for each in shown]
    results = {(each.model, each.file, each.key): each for each in record.verdict.results}
    rows = []
    for each, trend in zip(shown, trends, strict=True):
        name = code(f"{each.model} " * several + f"{each.file}:{each.key}")
        numbers = (
            _compared(each, results.get((each.model, each.file, each.key)))
            if compared
            else ["", value(each.candidate, each.new_text, None), ""]
        )
        rows.append([name, trend, *numbers])
    titles = ("metric", "trend", literal(base_name(record)), "this", "change")
    kept = [place for place in range(len(titles)) if any(row[place] for row in rows)]
    header = (
        cells([titles[place] for place in kept]),
        f"|{'|'.join('---' if titles[place] in _TEXTS else '---:' for place in kept)}|",
    )
    drawn = [cells([row[place] for place in kept]) for row in rows]
    summary = f"All metrics: {_how_many_changed(record.metrics) if compared else len(record.metrics)}"
    stale = any(each.reason == "stale" for each in record.verdict.results)
    summary += ", as of the last run" if stale else ""
    return _folded(summary, [*_listed(header, drawn, len(record.metrics), level), *_legend(trends, record)])


def _how_many_changed(metrics: Sequence[MetricChange]) -> str:
    """For example `2 of 4 changed`; what could not be read is not among the changed ones."""
    unknown = sum(each.known == "no" for each in metrics)
    changed = sum(each.changed for each in metrics if each.known == "yes")
    if unknown == len(metrics):
        return (
            f"{unknown}, not known whether they changed" if unknown > 1 else "1, not known whether it changed"
        )
    rest = f", {unknown} not known" if unknown else ""
    if not changed:
        return f"{len(metrics)}, none {'known to have ' if rest else ''}changed{rest}"
    return f"{changed} of {len(metrics)} changed{rest}"


def _ordered(record: Check) -> list[MetricChange]:
    """The metrics of the worst model first, and of each the worst change first."""
    models = [model for model, _ in worst_first(record)]

    def key(change: MetricChange) -> tuple[object, ...]:
        known = is_known_change(change)
        return models.index(change.model), not known, ungated_order(change) if known else ()

    return sorted(record.metrics, key=key)


def _legend(trends: Sequence[str], record: Check) -> list[str]:
    """What the ticks of a trend are."""
    if not any(trends):
        return []
    longest = max(record.history, key=lambda each: len(each.points)).points
    first, last = literal(longest[0].label), literal(longest[-1].label)
    return ["", f"<sub>trend: {first} to {last}, oldest first, then this</sub>"]


def _trend(change: MetricChange, history: _History) -> str:
    known = history.get((change.model, change.file, change.key))
    if known is None or len(known.points) < _LEAST_FOR_TREND or change.candidate is None:
        return ""
    return sparkline([*(point.value for point in known.points), change.candidate])


def _compared(change: MetricChange, result: Result | None) -> list[str]:
    return [
        value(change.baseline, change.old_text, change.candidate),
        value(change.candidate, change.new_text, change.baseline),
        _difference(change, result),
    ]


def _difference(change: MetricChange, result: Result | None) -> str:
    """How a metric changed, and whether that is better, as the row of its gate says."""
    text = metric_difference(change)
    if result is not None and change.better is None and not change.appearance:
        text = signed_difference(change.candidate, change.baseline, guarded_direction(result, change)) or text
    return "" if text == "unchanged" else prose(text)


def _params(record: Check, level: DetailLevel) -> list[str]:
    if not record.params:
        return []
    header = ("| parameter | base | this |", "|---|---:|---:|")
    rows = [
        cells((code(f"{each.file}:{each.key}"), _value(each.old), _value(each.new)))
        for each in record.params[: level.rows]
    ]
    summary = f"{count(len(record.params), 'parameter')} changed"
    return _folded(summary, _listed(header, rows, len(record.params), level))


def _value(text: str | None) -> str:
    return NO_NUMBER if text is None else code(text)


def _stages(record: Check, level: DetailLevel) -> list[str]:
    if not record.stages:
        return []
    ordered = sorted(record.stages, key=lambda each: (_STATES.index(each.state), each.stage))
    shown = [each for each in ordered if level.unchanged or each.state != "cached"]
    header = ("| stage | state | why |", "|---|---|---|")
    rows = [cells((code(each.stage), each.state, _why(each))) for each in shown[: level.rows]]
    counts = _counted([each.state for each in record.stages], _STATES)
    return _folded(f"Stages: {counts}", _listed(header, rows, len(ordered), level))


def _why(run: StageRun) -> str:
    """What differs, as names; why a stage is stale, in words."""
    written = prose if run.state == "stale" else code
    return joined(map(written, run.reasons), _MOST_REASONS)


def _counted(states: Sequence[str], order: Sequence[str]) -> str:
    return ", ".join(f"{states.count(state)} {state}" for state in order if state in states)


def _charts(record: Check, history: _History, *, svg: bool) -> list[str]:
    """The history of the gated metrics, the worst first."""
    charts: list[list[str]] = []
    drawn = set()
    results = sorted(record.verdict.results, key=lambda each: (RANK[each.effect], each.id))
    limits: dict[_Place, str | None] = {}
    for result in results:  # another gate on the metric may have the limit
        limits[_place(result)] = limits.get(_place(result)) or _limit(result)
    for result in results:
        place = _place(result)
        chart = [] if place in drawn else _chart(result, history.get(place), limits[place], svg=svg)
        drawn.add(place)
        if chart and len(charts) < _MOST_CHARTS:
            charts.append(chart)
    inside = [line for chart in charts for line in (*chart, "")]
    return _folded("History of gated metrics", inside[:-1]) if charts else []


def _place(result: Result) -> _Place:
    return result.model, result.file or "", result.key or ""


def _chart(result: Result, known: MetricHistory | None, limit: str | None, *, svg: bool) -> list[str]:
    """The values of one metric and a limit on it; empty if there are few, or they cannot be drawn."""
    if known is None or len(known.points) < _LEAST_FOR_CHART or result.candidate is None:
        return []
    title = f"{result.model} {result.metric}" if result.model else result.metric
    labels = [*(point.label for point in known.points), "this"]
    values = [*(point.value for point in known.points), result.candidate]
    if svg:
        drawn = history_figure(title, labels, values, limit=limit)
        return [drawn] if drawn else []
    text = line_chart(title, labels, values, limit=limit)
    return ["```mermaid", text, "```"] if text else []


def _limit(result: Result) -> str | None:
    """The limit of a gate that earlier values had to keep, too."""
    # A limit on the change is another number for each of the earlier values.
    kinds = ("min", "max")
    return next((bound.allowed for bound in result.limits if bound.kind in kinds), None)
