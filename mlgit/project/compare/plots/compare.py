"""Compare plots: each declared plot with the values of the base and of the candidate."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.values import ending_of
from mlgit.adapters.dvc.plots.rows import IMAGES, class_name, last_column, number
from mlgit.core.compare.plots import MOST_CLASSES, MOST_PLOTS, Plot, confusion, curve_through
from mlgit.core.pipeline.evidence import Problem
from mlgit.core.record import NamedTuple
from mlgit.errors import MlgitError
from mlgit.project.compare.plots.files import PlotFiles
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlgit.adapters.dvc.plots.declared import Axis, DeclaredPlot
    from mlgit.core.compare.plots import Curve, PlotKind, PlotSide
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project

    _Sides = Mapping[PlotSide, PlotFiles]
    _Read = Mapping[PlotSide, "_Columns | Problem | None"]

_LINES = frozenset({None, "linear", "simple", "smooth"})
_COLUMNS: dict[tuple[str, str], PlotKind] = {
    ("fpr", "tpr"): "roc",
    ("recall", "precision"): "precision_recall",
    ("actual", "predicted"): "confusion",
}
_ORDER: tuple[PlotKind, ...] = ("roc", "precision_recall", "confusion", "line")
_TITLES: dict[PlotKind, str] = {
    "roc": "ROC",
    "precision_recall": "Precision and recall",
    "confusion": "Confusion matrix",
}
_LABELS: dict[PlotKind, tuple[str, str]] = {
    "roc": ("false positive rate", "true positive rate"),
    "precision_recall": ("recall", "precision"),
}
_OF_DVCLIVE = frozenset(
    {"Receiver operating characteristic (ROC)", "Precision-Recall Curve", "Confusion Matrix"}
)


class _Columns(NamedTuple):
    """The values of x and y in one state, row by row, and the names of their columns."""

    x: str | None
    y: str
    xs: Sequence[object]
    ys: Sequence[object]


def compare_plots(project: Project, base: str | None, candidate: Evidence) -> tuple[Plot, ...]:
    """The first `MOST_PLOTS` plots that the candidate or the base declares, changed ones first.

    `base` is a commit, None if there is nothing to compare with. Never raises because of a plot: a report
    must not fail because of a picture.
    """
    try:
        sides: dict[PlotSide, PlotFiles] = {
            "candidate": PlotFiles(project, candidate.commit, candidate.pipeline)
        }
        if base is not None:
            before = evidence(project, base, staleness=False).pipeline
            sides["base"] = PlotFiles(project, base, before)
        found = [plot for each, axis in _wanted(sides) if (plot := _plot(each, axis, sides)) is not None]
    except (MlgitError, OSError, ValueError):
        return ()
    found.sort(key=lambda plot: (plot.unchanged, _ORDER.index(plot.kind)))
    return tuple(_apart(found))


def _wanted(sides: _Sides) -> list[tuple[DeclaredPlot, Axis]]:
    """The column of each line or matrix to draw, also of those that only the base declares."""
    plots = {plot.name: plot for files in reversed(list(sides.values())) for plot in files.declared()}
    own = {plot.path for plot in plots.values()}
    drawn = {axis.file for plot in plots.values() if plot.path is None for axis in plot.ys}
    found: dict[tuple[str | None, ...], tuple[DeclaredPlot, Axis]] = {}
    for plot in plots.values():
        if plot.path is None:
            axes: Iterable[Axis] = plot.ys
        else:
            inside = {file for files in sides.values() for file in files.files_of(plot.path)}
            # A side may know only the folder; a plot of a file in it may be declared, too.
            left = own if len(inside) > 1 else own - {plot.path}
            # What another plot draws as declared needs no second picture by the number of the row.
            left = left | drawn if plot.x is None and not plot.ys and plot.template is None else left
            axes = (axis for file in sorted(inside - left) for axis in plot.at(file))
        for axis in axes:
            if ending_of(axis.file) not in IMAGES:
                found.setdefault((*axis, plot.x, plot.x_file), (plot, axis))
    return list(found.values())[:MOST_PLOTS]


def _plot(plot: DeclaredPlot, axis: Axis, sides: _Sides) -> Plot | None:
    """The plot with the values of both sides.

    None if no side has them, or if it is neither a line nor a matrix, and did not change.
    """
    read: _Read = {side: _columns(plot, axis, files) for side, files in sides.items()}
    known = next((each for each in read.values() if isinstance(each, _Columns)), None)
    kind = _kind(plot, axis, known)
    if not any(read.values()) or (kind is None and _same(read)):
        return None
    if kind is None:
        note = f"not drawn: only `dvc plots diff` draws the template `{plot.template}` of `{axis.file}`"
        return _undrawn(_title(plot, "line", plot.x, axis.column or axis.file), axis.file, read, note)
    x, y = (plot.x, axis.column or axis.file) if known is None else (known.x, known.y)
    text = None if kind == "confusion" else _text_column(read)
    if text is not None:
        note = f"not drawn: no `{text}` of `{axis.file}` is a finite number"
        return None if _same(read) else _undrawn(_title(plot, kind, x, y), axis.file, read, note)
    x_label, y_label = _LABELS.get(kind, (x or "step", y))
    found = Plot(
        title=_title(plot, kind, x, y),
        kind=kind,
        file=axis.file,
        x_label=plot.x_label or x_label,
        y_label=plot.y_label or y_label,
        notes=tuple(_notes(read, axis.file)),
        known=not any(isinstance(each, Problem) for each in read.values()),
    )
    return _with_matrix(found, read) if kind == "confusion" else _with_curves(found, read)


def _undrawn(title: str, file: str, read: _Read, note: str) -> Plot:
    """A plot without a picture, and whether it is known to have changed."""
    both = all(isinstance(each, _Columns) for each in read.values()) and len(read) > 1
    note = f"changed, {note}" if both else note
    return Plot(title=title, kind="line", file=file, x_label="", y_label="", notes=(note,))


def _text_column(read: _Read) -> str | None:
    """The name of a column without any finite number, if no side has two columns with some."""
    names = [
        next((name for name, column in pairs if not any(isfinite(number(each)) for each in column)), None)
        for columns in read.values()
        if isinstance(columns, _Columns)
        for pairs in [((columns.x or "step", columns.xs), (columns.y, columns.ys))]
    ]
    return names[0] if names and None not in names else None


def _same(read: _Read) -> bool:
    """Whether both sides are known to have the same values."""
    values = [each for each in read.values() if isinstance(each, _Columns)]
    return len(values) == len(read) > 1 and len({(str(each.xs), str(each.ys)) for each in values}) == 1


def _kind(plot: DeclaredPlot, axis: Axis, known: _Columns | None) -> PlotKind | None:
    template = plot.template
    if template is not None and template.startswith("confusion"):
        return "confusion"
    x, y = (plot.x, axis.column) if known is None else (known.x, known.y)
    named = _COLUMNS.get(((x or "").lower(), (y or "").lower()))
    return named or ("line" if template in _LINES else None)


def _columns(plot: DeclaredPlot, axis: Axis, files: PlotFiles) -> _Columns | Problem | None:
    """The values of x and y; None if this state does not have the file."""
    rows = files.rows(axis.file, header=plot.header)
    across = rows if plot.x_file in {None, axis.file} else files.rows(str(plot.x_file), header=plot.header)
    if not isinstance(rows, list):
        return rows
    if not isinstance(across, list):
        return across
    y = axis.column or last_column(rows, apart_from=plot.x)
    missing = [
        name for name, table in ((y, rows), (plot.x, across)) if name is not None and name not in table[0]
    ]
    if y is None or missing:
        return Problem(code="unreadable", message=f"`{axis.file}` has no column `{next(iter(missing), 'y')}`")
    if len(rows) != len(across):
        return Problem(
            code="unreadable", message=f"`{axis.file}` and `{plot.x_file}` differ in their number of rows"
        )
    xs = list(range(len(rows))) if plot.x is None else [row.get(plot.x) for row in across]
    return _Columns(plot.x, y, xs, [row.get(y) for row in rows])


def _title(plot: DeclaredPlot, kind: PlotKind, x: str | None, y: str) -> str:
    """The declared title, without those that DVCLive gives; several lines of one plot have the name of y."""
    named = plot.title if plot.title not in _OF_DVCLIVE else None
    if named is None and plot.path is None:
        named = plot.name
    if named is None:
        return _TITLES.get(kind) or (f"{y} by {x}" if x else y)
    several = kind == "line" and (len(plot.ys) > 1 or plot.name != plot.path)
    return f"{named}: {y}" if several and y.lower() not in named.lower() else named


def _notes(read: _Read, file: str) -> Iterator[str]:
    """Which values are missing, and why."""
    for each in read.values():
        if isinstance(each, Problem):
            yield f"{each.message}; {each.hint}" if each.hint else each.message
    if "base" in read and read["base"] is None:
        yield f"`{file}` is new"
    if read["candidate"] is None:
        yield f"this change has no `{file}`"


def _with_curves(plot: Plot, read: _Read) -> Plot:
    curves: list[Curve] = []
    notes = list(plot.notes)
    for side in ("base", "candidate"):
        columns = read.get(side)
        if not isinstance(columns, _Columns):
            continue
        points = [(number(x), number(y)) for x, y in zip(columns.xs, columns.ys, strict=True)]
        finite = [point for point in points if all(map(isfinite, point))]
        if len(finite) < len(points):
            notes.append(_left_out(points, finite, side, plot.x_label))
        if finite:
            curves.append(curve_through(side, finite, kind=plot.kind))
    return replace(plot, curves=tuple(curves), notes=tuple(notes))


def _left_out(
    points: Sequence[tuple[float, float]], finite: Sequence[tuple[float, float]], side: PlotSide, x_label: str
) -> str:
    """How many points are not drawn, and from where on if none after it is."""
    where = "the base" if side == "base" else "this change"
    left = len(points) - len(finite)
    count = f"{left} of {len(points)} points"
    if finite and points[: len(finite)] == finite and isfinite(points[len(finite)][0]):
        start = f"{points[len(finite)][0]:.6g}"
        return f"from {x_label} {start} on, {where} has no finite number ({count} are left out)"
    return f"{count} of {where} are not finite numbers and are left out"


def _with_matrix(plot: Plot, read: _Read) -> Plot:
    known = next((each for each in read.values() if isinstance(each, _Columns)), None)
    if known is None:
        return plot
    turned = (known.x or "").lower().startswith("pred")
    pairs = {side: _pairs(each, turned=turned) for side, each in read.items() if isinstance(each, _Columns)}
    classes = {name for each in pairs.values() for pair in each for name in pair}
    names = (known.y, known.x or "actual") if turned else (known.x or "actual", known.y)
    labelled = replace(plot, x_label=names[0], y_label=names[1])
    if len(classes) > MOST_CLASSES:
        return replace(
            labelled, notes=(*plot.notes, f"`{plot.file}` has {len(classes)} classes, too many to show")
        )
    return replace(labelled, cells=confusion(pairs.get("base"), pairs.get("candidate")))


def _pairs(columns: _Columns, *, turned: bool) -> list[tuple[str, str]]:
    """(actual, predicted) of each row; `turned` if x is the predicted class."""
    xs, ys = map(class_name, columns.xs), map(class_name, columns.ys)
    return list(zip(ys, xs, strict=True) if turned else zip(xs, ys, strict=True))


def _apart(plots: Sequence[Plot]) -> Iterator[Plot]:
    """The plots; one whose title others have gets its file in it."""
    titles = [plot.title for plot in plots]
    for plot in plots:
        alike = titles.count(plot.title) > 1
        yield replace(plot, title=f"{plot.title} ({plot.file})") if alike else plot
