"""Declared: the plots of a dvc.yaml, at its top level and as outputs of stages, and those of DVCLive.

As in `dvc plots`: a plot is named after its file or folder, unless `y` names files; `x` and `y` are columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folder_of, join
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgit.adapters.dvc.files.shapes import Shape

_LIVE = "dvclive/plots/"
_STEP = "step"


class Axis(NamedTuple):
    """A column of a file; without a `column`, x is the number of the row and y the last column."""

    file: str
    column: str | None


class DeclaredPlot(NamedTuple):
    """One plot: `path` is its file, or a folder of files with a plot each, unless `ys` name files.

    Paths are from the Git root. `x` is the column of x in the file of y, `x_file` another file for it.
    `header`: whether the first row of a table names its columns.
    """

    name: str
    path: str | None = None
    ys: tuple[Axis, ...] = ()
    x: str | None = None
    x_file: str | None = None
    title: str | None = None
    template: str | None = None
    x_label: str | None = None
    y_label: str | None = None
    header: bool = True

    def at(self, path: str) -> tuple[Axis, ...]:
        """The columns of y if the plot is of this file."""
        columns = [axis.column for axis in self.ys] or [None]
        return tuple(Axis(path, column) for column in columns)


def declared_plots(shapes: Mapping[str, Shape]) -> tuple[DeclaredPlot, ...]:
    """The plots of all dvc.yaml files (by path, with templates filled in), each file or name once."""
    found: dict[str, DeclaredPlot] = {}
    for path in sorted(shapes):
        document = shapes[path].root
        if isinstance(document, dict):
            for plot in (*_top(document, folder_of(path)), *_outputs(document, folder_of(path))):
                found.setdefault(plot.name, plot)
    return tuple(found.values())


def live_plots(paths: Sequence[str]) -> tuple[DeclaredPlot, ...]:
    """The plots of the files that DVCLive writes, as it declares them in a dvc.yaml that may be missing."""
    known = {f"{_LIVE}{name}": more for name, more in _OF_LIVE.items()}
    found = [
        DeclaredPlot(path, path, x=_STEP)
        for path in paths
        if path.startswith(f"{_LIVE}metrics/") and path.endswith(".tsv")
    ]
    return tuple(
        [
            DeclaredPlot(path, path, ys=(Axis(path, y),), x=x, template=template)
            for path, (x, y, template) in known.items()
            if path in paths
        ]
        + found
    )


_OF_LIVE = {
    "sklearn/roc.json": ("fpr", "tpr", "simple"),
    "sklearn/precision_recall.json": ("recall", "precision", "simple"),
    "sklearn/confusion_matrix.json": ("actual", "predicted", "confusion"),
}


def _top(document: Mapping[object, object], folder: str) -> Iterator[DeclaredPlot]:
    value = document.get("plots")
    for item in [value] if isinstance(value, dict) else value if isinstance(value, list) else []:
        for name, fields in item.items() if isinstance(item, dict) else [(item, None)]:
            yield _plot(str(name), fields if isinstance(fields, dict) else {}, folder)


def _outputs(document: Mapping[object, object], folder: str) -> Iterator[DeclaredPlot]:
    stages = document.get("stages")
    for stage in stages.values() if isinstance(stages, dict) else ():
        listed = stage.get("plots") if isinstance(stage, dict) else None
        wdir = stage.get("wdir") if isinstance(stage, dict) else None
        place = join(folder, wdir) if isinstance(wdir, str) else folder
        for item in listed if isinstance(listed, list) else ():
            for name, fields in item.items() if isinstance(item, dict) else [(item, None)]:
                several = fields if isinstance(fields, list) else [fields]
                for each in several[:1]:
                    yield _plot(str(name), each if isinstance(each, dict) else {}, place)


def _plot(name: str, fields: Mapping[object, object], folder: str) -> DeclaredPlot:
    x, y = fields.get("x"), fields.get("y")
    words = {key: _text(fields.get(key)) for key in ("title", "template", "x_label", "y_label")}
    header = fields.get("header") is not False
    column, x_file = _x(x, folder)
    if isinstance(y, dict):
        ys = tuple(
            Axis(join(folder, str(file)), column)
            for file, columns in y.items()
            for column in _columns(columns)
        )
        return DeclaredPlot(name, ys=ys, x=column, x_file=x_file, header=header, **words)
    path = join(folder, name)
    ys = tuple(Axis(path, column) for column in _columns(y))
    return DeclaredPlot(path, path, ys=ys, x=column, x_file=x_file, header=header, **words)


def _x(x: object, folder: str) -> tuple[str | None, str | None]:
    """The column of x, and its file if that is named."""
    if not isinstance(x, dict):
        return _text(x), None
    for file, columns in x.items():
        return next(iter(_columns(columns)), None), join(folder, str(file))
    return None, None


def _columns(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
