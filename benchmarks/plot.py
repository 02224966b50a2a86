"""Plot: one panel per growth curve, both axes logarithmic, for light and for dark themes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.growth import Line


class _Colours(NamedTuple):
    """Colours that are readable on a light or dark page; the backcolours is transparent."""

    text: str
    grid: str
    ours: str
    theirs: tuple[str, str]


_LIGHT = _Colours("#24292f", "#d0d7de", "#0969da", ("#bc4c00", "#8250df"))
_DARK = _Colours("#e6edf3", "#3d444d", "#58a6ff", ("#f0883e", "#bc8cff"))
_COLUMNS = 3


def draw(curves: Mapping[str, tuple[str, Sequence[Line]]], *, light: Path, dark: Path) -> None:
    """Write both pictures as SVG.

    Args:
        curves: name -> title and lines of a panel.
        light: path of the picture for light themes.
        dark: path of the picture for dark themes.
    """
    for colours, target in ((_LIGHT, light), (_DARK, dark)):
        target.parent.mkdir(parents=True, exist_ok=True)
        _picture(curves, colours, target)


def _picture(curves: Mapping[str, tuple[str, Sequence[Line]]], colours: _Colours, target: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = -(-len(curves) // _COLUMNS)
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "mlgit",
            "font.family": "sans-serif",
            "font.size": 9,
            "text.color": colours.text,
        }
    ):
        figure = Figure(figsize=(11, 3.7 * rows), layout="constrained")
        first: Axes | None = None
        for number, (title, found) in enumerate(curves.values(), start=1):
            axes = figure.add_subplot(rows, _COLUMNS, number, sharey=first)
            first = first or axes
            _panel(axes, title, found, colours)
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, title: str, found: Sequence[Line], colours: _Colours) -> None:
    others = iter(colours.theirs)
    for line in found:
        sizes, times = zip(*line.points, strict=True)
        ours = line.label.startswith("`mlgit")
        axes.plot(
            sizes,
            [time / 1000 for time in times],
            label=line.label.replace("`", "").replace(" --all-commits", ""),
            color=colours.ours if ours else next(others),
            linestyle=(0, (3, 1.5)) if line.label.endswith(", cold") else "-",
            marker="o",
            markersize=3.5,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("seconds")
    axes.yaxis.set_major_formatter("{x:g}")
    ticks = sorted({size for line in found for size, _ in line.points})
    axes.set_xticks(ticks, [f"{size:,}" for size in ticks])
    axes.minorticks_off()
    axes.grid(color=colours.grid, linewidth=0.6)
    axes.tick_params(colors=colours.text)
    axes.yaxis.label.set_color(colours.text)
    for spine in axes.spines.values():
        spine.set_color(colours.grid)
    # Below the panel, because inside it hides a line of some curve.
    axes.legend(
        frameon=False, fontsize=8, handlelength=3, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1)
    )
