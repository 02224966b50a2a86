"""The plot: one panel a growth curve, both axes logarithmic, once for light and once for dark ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.growth import Line


class _Ground(NamedTuple):
    """Colours that can be read on a ground, which itself stays transparent."""

    text: str
    grid: str
    ours: str
    theirs: tuple[str, str]


_LIGHT = _Ground("#24292f", "#d0d7de", "#0969da", ("#bc4c00", "#8250df"))
_DARK = _Ground("#e6edf3", "#3d444d", "#58a6ff", ("#f0883e", "#bc8cff"))
_COLUMNS = 3


def draw(curves: Mapping[str, tuple[str, Sequence[Line]]], *, light: Path, dark: Path) -> None:
    """Write both pictures as SVG.

    Args:
        curves: by name the title and the lines of a panel.
        light: where the picture for light ground goes.
        dark: where the picture for dark ground goes.
    """
    for ground, target in ((_LIGHT, light), (_DARK, dark)):
        target.parent.mkdir(parents=True, exist_ok=True)
        _picture(curves, ground, target)


def _picture(curves: Mapping[str, tuple[str, Sequence[Line]]], ground: _Ground, target: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = -(-len(curves) // _COLUMNS)
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "mlgit",
            "font.family": "sans-serif",
            "font.size": 9,
            "text.color": ground.text,
        }
    ):
        figure = Figure(figsize=(11, 3.7 * rows), layout="constrained")
        first: Axes | None = None
        for number, (title, found) in enumerate(curves.values(), start=1):
            axes = figure.add_subplot(rows, _COLUMNS, number, sharey=first)
            first = first or axes
            _panel(axes, title, found, ground)
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, title: str, found: Sequence[Line], ground: _Ground) -> None:
    others = iter(ground.theirs)
    for line in found:
        sizes, times = zip(*line.points, strict=True)
        ours = line.label.startswith("`mlgit")
        axes.plot(
            sizes,
            [time / 1000 for time in times],
            label=line.label.replace("`", "").replace(" --all-commits", ""),
            color=ground.ours if ours else next(others),
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
    axes.grid(color=ground.grid, linewidth=0.6)
    axes.tick_params(colors=ground.text)
    axes.yaxis.label.set_color(ground.text)
    for spine in axes.spines.values():
        spine.set_color(ground.grid)
    # Below the panel: inside, it hides a line of some curve.
    axes.legend(
        frameon=False, fontsize=8, handlelength=3, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1)
    )
