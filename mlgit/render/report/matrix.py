"""Matrix: a confusion matrix as a table, or its cells that changed most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import count
from mlgit.render.escape import code, literal
from mlgit.render.report.layout import bare_title, cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.compare.plots import Cell, Plot, PlotSide

_ARROW = " → "
_MOST_CLASSES = 10
_MOST_CELLS = 10


def matrix(plot: Plot, names: Mapping[PlotSide, str]) -> list[list[str]]:
    """The confusion matrix as a table; of a large one the cells that changed most."""
    sides = [
        literal(names[side])
        for side in ("base", "candidate")
        if any(_count(cell, side) is not None for cell in plot.cells)
    ]
    title = _ARROW.join(sides)
    lead = f"**{literal(bare_title(plot))}** ({code(plot.file)}), {title}:"
    classes = list(dict.fromkeys(cell.actual for cell in plot.cells))
    if len(classes) > _MOST_CLASSES:
        return [[lead], _largest(plot)]
    found = {(cell.actual, cell.predicted): cell for cell in plot.cells}
    header = [title, *(f"{literal(plot.y_label)} {literal(name)}" for name in classes)]
    rows = [
        cells(
            [
                f"**{literal(plot.x_label)} {literal(actual)}**",
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
        f"- {literal(f'{plot.x_label} {cell.actual}, {plot.y_label} {cell.predicted}')}: {_counts(cell)}"
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
