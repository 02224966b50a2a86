"""Charts of a report: curves as Mermaid, confusion matrices as tables, and which plots did not change."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from mlgit.core.compare.plots import MOST_POINTS, grid, read_off
from mlgit.core.wording import count, joined
from mlgit.render.axis import axis, digits, drawable
from mlgit.render.escape import code, literal, prose
from mlgit.render.mermaid import GREY, LONGEST_TITLE, ORANGE, plain, xy_chart
from mlgit.render.report.layout import bare_title
from mlgit.render.report.matrix import matrix
from mlgit.render.report.tables.rows import base_name
from mlgit.render.svg import Series, figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.compare.plots import Curve, Plot, PlotSide
    from mlgit.core.gates.verdict import Check
    from mlgit.render.report.layout import DetailLevel, ReportContext

COLOURS: dict[PlotSide, tuple[str, str]] = {"base": ("grey", GREY), "candidate": ("orange", ORANGE)}
_MOST_PLACES = 51
_MOST_DRAWN, _MOST_MATRICES = 8, 2
_MOST_NAMES = 10
_NOT_SHOWN = 10  # per cent of the axis that a curve may go beyond what is drawn
_SHARES = ("roc", "precision_recall")
_PAGE = "`mlgit report --format html` draws every plot"


def charts_of(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """The blocks of changed plots: the first curve and the first matrix, the others folded.

    Curves are only drawn where it is known that the forge does it.
    """
    if not level.charts:
        changed = sum(plot.changed for plot in record.plots)
        return (
            [[f"<sub>{count(changed, 'changed plot')} left out, to keep this short</sub>"]] if changed else []
        )
    names = _names(record)
    draw = _figure if context.svg else _curves if context.host is not None else _nothing
    news = [plot for plot in record.plots if plot.drawable and not plot.unchanged]
    # Many matrices leave room for curves.
    late = [plot for plot in news if plot.cells][_MOST_MATRICES:]
    news.sort(key=late.__contains__)
    shown: dict[Plot, list[list[str]]] = {}
    for plot in news:
        if context.svg or len(shown) < _MOST_DRAWN:
            blocks = matrix(plot, names) if plot.cells else draw(plot, names)
            shown |= {plot: blocks} if blocks else {}
    first = list({bool(plot.cells): plot for plot in reversed(shown)}.values())
    top = [block for plot in shown if plot in first for block in shown[plot]]
    rest = [plot for plot in shown if plot not in first]
    return [*top, *_folded(rest, shown), _lines(record.plots, shown, context)]


def _names(record: Check) -> Mapping[PlotSide, str]:
    """What the two sides are called, as in the tables."""
    return {"base": base_name(record), "candidate": "this change"}


def _folded(rest: Sequence[Plot], shown: dict[Plot, list[list[str]]]) -> list[list[str]]:
    if not rest:
        return []
    names = ", ".join(literal(plot.title) for plot in rest)
    inside = [block for plot in rest for block in shown[plot]]
    return [
        ["<details>", f"<summary>{count(len(rest), 'more plot')}: {names}</summary>"],
        *inside,
        ["</details>"],
    ]


def _lines(plots: Sequence[Plot], shown: dict[Plot, list[list[str]]], context: ReportContext) -> list[str]:
    """One line each for plots without a picture, and for values that are missing."""
    same = [literal(plot.title) for plot in plots if plot.unchanged]
    named: dict[str, list[str]] = {}
    for plot in plots:
        # A note says it if only one side has the plot.
        if plot.changed and plot not in shown and not (len(plot.curves) == 1 and plot.notes):
            text = f"{literal(bare_title(plot))} ({code(plot.file)})"
            named.setdefault(_why_not(plot, context), []).append(text)
    found = [f"- **plots**: {joined(each, _MOST_NAMES)} changed{why}" for why, each in named.items()]
    found += [f"- **plots**: {joined(same, _MOST_NAMES)} unchanged"] if same and (shown or named) else []
    notes: dict[str, list[str]] = {}
    for plot in plots:
        for note in plot.notes:
            notes.setdefault(note, []).append(f"**{literal(plot.title)}**")
    return found + [f"- {joined(titles, _MOST_NAMES)}: {prose(note)}" for note, titles in notes.items()]


def _why_not(plot: Plot, context: ReportContext) -> str:
    """Why a changed plot has no picture, and what draws it."""
    numbers = [number for curve in plot.curves for point in curve.points for number in point]
    if context.svg:
        return ", with numbers too large or too near to draw"
    if context.host is None:
        return f"; {_PAGE}"
    if not drawable(numbers):
        return f", with numbers too large or too small for a chart here; {_PAGE}"
    if plot.curves and len(grid(plot.curves, kind=plot.kind, most=_MOST_PLACES)) < 2:  # noqa: PLR2004
        return f", without two values of {literal(plot.x_label)} to draw a line over; {_PAGE}"
    return f", left out to keep this short; {_PAGE}"


def _nothing(*_: object) -> list[list[str]]:
    return []


def _figure(plot: Plot, names: Mapping[PlotSide, str]) -> list[list[str]]:
    """The curves with all their points, for a page of HTML."""
    made = figure(
        bare_title(plot),
        [Series(names[curve.side], curve.side, _after_rise(curve)) for curve in plot.curves],
        x_label=plot.x_label,
        y_label=plot.y_label,
        share=plot.kind in _SHARES,
        note=f"{plot.file}{_reduced(plot)}",
    )
    return [[made]] if made else []


def _after_rise(curve: Curve) -> list[tuple[float, float]]:
    """The points without a rise on the axis itself, from 0 to where an ROC begins to be a curve."""
    points = curve.points
    return points[1:] if points[1:] and points[0][0] == points[1][0] else points


def _reduced(plot: Plot) -> str:
    longest = max((len(curve.xs) for curve in plot.curves), default=0)
    return f", at most {longest} points per curve" if longest > MOST_POINTS else ""


def _curves(plot: Plot, names: Mapping[PlotSide, str]) -> list[list[str]]:
    places = grid(plot.curves, kind=plot.kind, most=_MOST_PLACES)
    read = {curve.side: _known(curve, places) for curve in plot.curves}
    chart = xy_chart(
        bare_title(plot),
        places,
        [(names[side], COLOURS[side][1], values) for side, values in read.items()],
        x_label=plot.x_label,
        y_label=plot.y_label,
        named=", ".join(f"{names[curve.side]} ({COLOURS[curve.side][0]})" for curve in plot.curves),
        share=plot.kind in _SHARES,
    )
    if not chart or len(places) < 2:  # noqa: PLR2004 (a line has two points)
        return []
    lead = [f"**{literal(bare_title(plot))}** ({code(plot.file)}):"] if _ambiguous(plot) else []
    return [lead, ["```mermaid", chart, "```", *_sentences(plot, places, read, names)]]


def _known(curve: Curve, places: Sequence[float]) -> list[float]:
    return [y for y in read_off(curve.points, places) if y is not None]


def _sentences(
    plot: Plot,
    places: Sequence[float],
    read: dict[PlotSide, list[float]],
    names: Mapping[PlotSide, str],
) -> list[str]:
    """What the chart does not show: a long title, that its axis is cut, and what is not at its places."""
    low, high = axis([y for values in read.values() for y in values], share=plot.kind in _SHARES)
    own = {x for curve in plot.curves for x, _ in curve.points if places[0] <= x <= places[-1]}
    short = plain(bare_title(plot), most=LONGEST_TITLE)
    whole = "?" in short or short.endswith("...")
    found = [f"{literal(bare_title(plot))}."] if whole and not _ambiguous(plot) else []
    found += [f"The y axis starts at {digits(low, most=6)}."] if low else []
    if plot.kind in _SHARES:
        found.append("Curves are read off at every 0.02.")
    elif own != {*places}:
        found.append(f"Curves are read off at {len(places)} places.")
        found += _beyond(plot, places, (high - low) * _NOT_SHOWN / 100, names)
    ends = {curve.side: (curve.points[0][0], curve.points[-1][0]) for curve in plot.curves}
    if len(set(ends.values())) > 1:
        spans = (
            f"{literal(names[side])} from {digits(start, most=4)} to {digits(end, most=4)}"
            for side, (start, end) in ends.items()
        )
        found.append(f"{literal(plot.x_label)}: {', '.join(spans)}.")
    return [" ".join(found)] if found else []


def _ambiguous(plot: Plot) -> bool:
    """Whether another plot has the same title, so that the file says which is which."""
    return plot.title != bare_title(plot)


def _beyond(plot: Plot, places: Sequence[float], margin: float, names: Mapping[PlotSide, str]) -> list[str]:
    """A sentence for the lowest and highest point of each curve, if the chart does not show it."""
    found = []
    for curve in plot.curves:
        drawn = _known(curve, places)
        inside = [(x, y) for x, y in curve.points if places[0] <= x <= places[-1]]
        for extreme in (min, max):
            x, y = extreme(inside, key=itemgetter(1))
            if abs(y - extreme(drawn)) > margin:
                where = f"{literal(plot.x_label)} {digits(x, most=6)}"
                found.append(f"Between them, {literal(names[curve.side])} is {digits(y, most=4)} at {where}.")
    return found
