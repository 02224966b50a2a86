"""Charts of a report: curves as Mermaid, confusion matrices as tables, and which plots did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.plots import MOST_POINTS, grid, read_off
from mlgit.core.wording import count, joined
from mlgit.render.axis import axis, digits, labels
from mlgit.render.escape import code, prose
from mlgit.render.mermaid import GREY, ORANGE, xy_chart
from mlgit.render.report.layout import cells
from mlgit.render.svg import Series, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.plots import Cell, Curve, Plot, PlotSide
    from mlgit.core.gates.verdict import Check
    from mlgit.render.report.layout import DetailLevel, ReportContext

NAMES: dict[PlotSide, str] = {"base": "base", "candidate": "this change"}
COLOURS: dict[PlotSide, tuple[str, str]] = {"base": ("grey", GREY), "candidate": ("orange", ORANGE)}
_ARROW = " → "
# More labels would overlap.
_SHORT, _MOST_PLACES, _MOST_LONG = 3, 21, 11
_MOST_CLASSES = 10
_MOST_DRAWN = 8
_MOST_NAMES = 10
_MOST_CELLS = 10
_SHARES = ("roc", "precision_recall")


def charts_of(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """The blocks of changed plots: the first curve and the first matrix, the others folded.

    Curves are only drawn where it is known that the forge does it.
    """
    if not level.charts:
        changed = sum(plot.changed for plot in record.plots)
        return (
            [[f"<sub>{count(changed, 'changed plot')} left out, to keep this short</sub>"]] if changed else []
        )
    draw = _figure if context.svg else _curves if context.host is not None else _nothing
    news = [plot for plot in record.plots if plot.drawable and not plot.unchanged]
    most = len(news) if context.svg else _MOST_DRAWN
    drawn = {plot: _matrix(plot) if plot.cells else draw(plot) for plot in news[:most]}
    shown = {plot: blocks for plot, blocks in drawn.items() if blocks}
    first = list({bool(plot.cells): plot for plot in reversed(shown)}.values())
    top = [block for plot in shown if plot in first for block in shown[plot]]
    rest = [plot for plot in shown if plot not in first]
    return [*top, *_folded(rest, shown), _lines(record.plots, shown)]


def _folded(rest: Sequence[Plot], shown: dict[Plot, list[list[str]]]) -> list[list[str]]:
    if not rest:
        return []
    names = ", ".join(prose(plot.title) for plot in rest)
    inside = [block for plot in rest for block in shown[plot]]
    return [
        ["<details>", f"<summary>{count(len(rest), 'more plot')}: {names}</summary>"],
        *inside,
        ["</details>"],
    ]


def _lines(plots: Sequence[Plot], shown: dict[Plot, list[list[str]]]) -> list[str]:
    """One line each for plots without a picture, and for values that are missing."""
    same = [prose(plot.title) for plot in plots if plot.unchanged]
    named = [
        f"{prose(plot.title)} ({code(plot.file)})" for plot in plots if plot.changed and plot not in shown
    ]
    found = [f"- **plots**: {joined(named, _MOST_NAMES)} changed"] if named else []
    found += [f"- **plots**: {joined(same, _MOST_NAMES)} unchanged"] if same and (shown or named) else []
    return found + [f"- **{prose(plot.title)}**: {prose(note)}" for plot in plots for note in plot.notes]


def _nothing(_: Plot) -> list[list[str]]:
    return []


def _figure(plot: Plot) -> list[list[str]]:
    """The curves with all their points, for a page of HTML."""
    made = figure(
        plot.title.removesuffix(f" ({plot.file})"),
        [Series(NAMES[curve.side], curve.side, _after_rise(curve)) for curve in plot.curves],
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


def _curves(plot: Plot) -> list[list[str]]:
    places = grid(plot.curves, kind=plot.kind, most=_MOST_PLACES)
    if any(len(label) > _SHORT for label in labels(places)):
        places = grid(plot.curves, kind=plot.kind, most=_MOST_LONG)
    read = {curve.side: _known(curve, places) for curve in plot.curves}
    chart = xy_chart(
        plot.title.removesuffix(f" ({plot.file})"),
        places,
        [(NAMES[side], COLOURS[side][1], values) for side, values in read.items()],
        x_label=plot.x_label,
        y_label=plot.y_label,
        named=", ".join(_named(curve.side) for curve in plot.curves),
        share=plot.kind in _SHARES,
    )
    if not chart or len(places) < 2:  # noqa: PLR2004 (a line has two points)
        return []
    return [["```mermaid", chart, "```", *_sentences(plot, places, read)]]


def _named(side: PlotSide) -> str:
    return f"{NAMES[side]} ({COLOURS[side][0]})"


def _known(curve: Curve, places: Sequence[float]) -> list[float]:
    return [y for y in read_off(curve.points, places) if y is not None]


def _sentences(plot: Plot, places: Sequence[float], read: dict[PlotSide, list[float]]) -> list[str]:
    """What the chart does not show: that its axis is cut, and where curves are read off and end."""
    low, _ = axis([y for values in read.values() for y in values], share=plot.kind in _SHARES)
    own = {x for curve in plot.curves for x, _ in curve.points}
    found = [f"From {code(plot.file)}."] if plot.title.endswith(f" ({plot.file})") else []
    found += [f"The y axis starts at {digits(low)}."] if low else []
    if plot.kind in _SHARES:
        found.append("Curves are read off at tenths.")
    elif own != {*places}:
        found.append(f"Curves are read off at {len(places)} places.")
    ends = {curve.side: (curve.points[0][0], curve.points[-1][0]) for curve in plot.curves}
    if len(set(ends.values())) > 1:
        spans = (
            f"{NAMES[side]} from {digits(start)} to {digits(end)}" for side, (start, end) in ends.items()
        )
        found.append(f"{prose(plot.x_label)}: {', '.join(spans)}.")
    return [" ".join(found)] if found else []


def _matrix(plot: Plot) -> list[list[str]]:
    """The confusion matrix as a table; of a large one the cells that changed most."""
    sides = [
        NAMES[side]
        for side in ("base", "candidate")
        if any(_count(cell, side) is not None for cell in plot.cells)
    ]
    title = _ARROW.join(sides)
    lead = f"**{prose(plot.title)}** ({code(plot.file)}), {title}:"
    classes = list(dict.fromkeys(cell.actual for cell in plot.cells))
    if len(classes) > _MOST_CLASSES:
        return [[lead], _largest(plot)]
    found = {(cell.actual, cell.predicted): cell for cell in plot.cells}
    header = [title, *(f"{prose(plot.y_label)} {prose(name)}" for name in classes)]
    rows = [
        cells(
            [
                f"**{prose(plot.x_label)} {prose(actual)}**",
                *(_counts(found.get((actual, predicted))) for predicted in classes),
            ]
        )
        for actual in classes
    ]
    return [[lead], [cells(header), f"|---|{'---:|' * len(classes)}", *rows]]


def _largest(plot: Plot) -> list[str]:
    changed = [cell for cell in plot.cells if cell.base != cell.candidate]
    changed.sort(key=lambda cell: -abs((cell.candidate or 0) - (cell.base or 0)))
    lines = [
        f"- {prose(f'{plot.x_label} {cell.actual}, {plot.y_label} {cell.predicted}')}: {_counts(cell)}"
        for cell in changed[:_MOST_CELLS]
    ]
    left = len(changed) - len(lines)
    return [*lines, f"- and {count(left, 'more changed cell')}"] if left else lines


def _count(cell: Cell, side: PlotSide) -> int | None:
    return cell.base if side == "base" else cell.candidate


def _counts(cell: Cell | None) -> str:
    """`64 → 65`, or one number if it is the same or there is only one."""
    numbers = () if cell is None else (cell.base, cell.candidate)
    return _ARROW.join(dict.fromkeys(str(number) for number in numbers if number is not None))
