"""SVG: a figure with lines over numbers, in the colours of the page around it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.render.axis import axis, ticks
from mlgit.render.charts import finite
from mlgit.render.escape import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

FIGURE = '<figure class="chart">'
_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 15, 30, 45
_LARGEST = 1e300
_KEY_WIDTH = 28
_LETTER_WIDTH = 7


class Series(NamedTuple):
    """One line: its name, its class in the stylesheet (`base`, `candidate`, `limit`), and its points."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]


class _Scale(NamedTuple):
    """From numbers to places on the drawing."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, number: float) -> float:
        low, high = self.x
        return _LEFT + (number - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, number: float) -> float:
        low, high = self.y
        return _HEIGHT - _BOTTOM - (number - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def figure(
    title: str,
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    share: bool = False,
    names: Sequence[str] | None = None,
    note: str = "",
) -> str:
    """A figure as one line of HTML; empty if its numbers are too large or too near to draw.

    `names` are the labels of x at 0, 1, 2 and so on, in place of numbers. `share` is as in `axis`.
    """
    xs = [x for each in series for x, _ in each.points]
    ys = [y for each in series for _, y in each.points]
    if not xs or not _drawable(xs) or not _drawable(ys):
        return ""
    low, high = min(xs), max(xs)
    wider = max(1.0, abs(low))
    scale = _Scale((low, high) if low < high else (low - wider, high + wider), axis(ys, share=share))
    across = [(float(place), name) for place, name in enumerate(names)] if names else ticks(*scale.x)
    parts = [
        *(_grid_line(scale.down(number), label) for number, label in ticks(*scale.y)),
        *(_text(scale.across(number), _HEIGHT - 26, label, "middle") for number, label in across),
        f'<path class="axis" d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}"/>',
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, x_label, "middle"),
        _text(_LEFT - 55, _TOP - 14, y_label, "start"),
        *_key(series),
        *(_line(each, scale) for each in series),
    ]
    start = f"the y axis starts at {scale.y[0]:.6g}" if scale.y[0] else ""
    notes = _words(", ".join(each for each in (note, start) if each))
    caption = f"{_words(title)} <span>{notes}</span>"
    return (
        f'{FIGURE}<figcaption>{caption}</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{_words(title)}">{"".join(parts)}</svg></figure>'
    )


def history_figure(title: str, names: Sequence[str], values: Sequence[str], *, limit: str | None) -> str:
    """A figure of one value per name, and of a limit; empty if a value is not a finite number."""
    numbers = [finite(value) for value in values]
    known = [(float(place), number) for place, number in enumerate(numbers) if number is not None]
    if len(known) < len(numbers):
        return ""
    bound = None if limit is None else finite(limit)
    series = [Series("value", "candidate", known)]
    if bound is not None:
        series.append(Series(f"limit {bound:.6g}", "limit", [(x, bound) for x, _ in known]))
    return figure(title, series, x_label="", y_label="", names=names)


def _drawable(numbers: Sequence[float]) -> bool:
    largest, width = max(map(abs, numbers)), max(numbers) / 2 - min(numbers) / 2
    return (
        largest < _LARGEST and (not width or width > 1 / _LARGEST) and (not largest or largest > 1 / _LARGEST)
    )


def _line(series: Series, scale: _Scale) -> str:
    places = [f"{scale.across(x):.2f} {scale.down(y):.2f}" for x, y in series.points]
    if len(places) == 1:
        x, y = places[0].split()
        return f'<circle class="{series.style}" cx="{x}" cy="{y}" r="4"/>'
    return f'<path class="curve {series.style}" d="M{"L".join(places)}"/>'


def _grid_line(down: float, label: str) -> str:
    line = f'<path class="grid" d="M{_LEFT} {down:.2f}H{_WIDTH - _RIGHT}"/>'
    return line + _text(_LEFT - 8, down + 4, label, "end")


def _key(series: Sequence[Series]) -> list[str]:
    """A sample of each line with its name, in the upper right corner."""
    parts: list[str] = []
    right: float = _WIDTH - _RIGHT
    for each in reversed(series):
        left = right - len(each.name) * _LETTER_WIDTH
        parts.append(_text(left, _TOP - 14, each.name, "start"))
        sample = f"M{left - _KEY_WIDTH} {_TOP - 18}H{left - 6}"
        parts.append(f'<path class="curve {each.style}" d="{sample}"/>')
        right = left - _KEY_WIDTH - 14
    return parts


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_words(text)}</text>'


def _words(text: str) -> str:
    return escape(visible(text))
