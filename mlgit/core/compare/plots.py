"""Plots: curves and confusion matrices of a candidate next to its base, and reading a curve off on a grid."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Point = tuple[float, float]

PlotKind = Literal["roc", "precision_recall", "line", "confusion"]
PlotSide = Literal["base", "candidate"]

MOST_PLOTS = 40
MOST_CLASSES = 30
MOST_POINTS = 200
_FIFTIETHS = tuple(place / 50 for place in range(51))
_BOTH_CLASSES = 2
_OF_A_STEP = 2
_SHARES = ("roc", "precision_recall")


@record
class Curve:
    """The line of one side: at most 201 points by rising x, as decimal text; a step has two with one x."""

    side: PlotSide
    xs: tuple[str, ...]
    ys: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether it is as described; another program may have written it."""
        xs, ys = list(map(float, self.xs)), list(map(float, self.ys))
        rising = xs == sorted(xs) and max(Counter(xs).values(), default=0) <= _OF_A_STEP
        return 0 < len(xs) == len(ys) and rising and all(map(isfinite, (*xs, *ys)))

    @property
    def points(self) -> list[Point]:
        return [(float(x), float(y)) for x, y in zip(self.xs, self.ys, strict=True)]


@record
class Cell:
    """One cell of a confusion matrix: how many rows of each side; None if the side has no matrix."""

    actual: str
    predicted: str
    base: int | None
    candidate: int | None


@record
class Plot:
    """One plot of dvc.yaml or DVCLive with the values of both sides.

    `file` is where the values are. A confusion matrix has `cells` and no `curves`; its labels name the actual
    and the predicted class. `notes` say in one line each which values are missing, and why; `known` is
    False if a side may have some that are not known here.
    """

    title: str
    kind: PlotKind
    file: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...] = ()
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    known: bool = True

    @property
    def drawable(self) -> bool:
        return bool(self.curves or self.cells)

    @property
    def unchanged(self) -> bool:
        """Whether both sides have the same values."""
        return self.drawable and self.known and not self.changed

    @property
    def changed(self) -> bool:
        """Whether the two sides differ, or only one of them has values."""
        if not self.known:
            return False
        lines = {(curve.xs, curve.ys) for curve in self.curves}
        differ = bool(self.curves) and (len(self.curves) == 1 or len(lines) > 1)
        return differ or any(cell.base != cell.candidate for cell in self.cells)


def curve_through(side: PlotSide, points: Iterable[Point], *, kind: PlotKind) -> Curve:
    """The curve through points, in the order of their file; with too many points only some of them.

    A share (ROC, precision and recall) is then read off at even distances, another curve keeps its ends, and
    the lowest and the highest point of each part of it.
    """
    ordered = in_order(points, steps=kind in _SHARES)
    if len(ordered) > MOST_POINTS + 1:
        ordered = _fewer(ordered, even=kind in _SHARES)
    return Curve(
        side=side,
        xs=tuple(decimal_text(x) for x, _ in ordered),
        ys=tuple(decimal_text(y) for _, y in ordered),
    )


def in_order(points: Iterable[Point], *, steps: bool) -> list[Point]:
    """Finite points by rising x, in the order of a file whose x may also fall.

    Of several points with one x the last one; with `steps`, the first and the last, because a curve of shares
    rises and falls in steps.
    """
    finite = [point for point in points if all(map(isfinite, point))]
    if steps and finite and finite[0][0] > finite[-1][0]:
        finite.reverse()
    by_x: dict[float, list[float]] = {}
    for x, y in finite:
        by_x.setdefault(x, []).append(y)
    return [
        (x, y)
        for x, ys in sorted(by_x.items())
        for y in (dict.fromkeys((ys[0], ys[-1])) if steps else ys[-1:])
    ]


def _fewer(ordered: Sequence[Point], *, even: bool) -> list[Point]:
    low, high = ordered[0][0], ordered[-1][0]
    if even and isfinite(high - low):
        # Written so that fiftieths of 0..1 are among them as they are.
        places = [low + (high - low) * step / MOST_POINTS for step in range(MOST_POINTS)] + [high]
        read = read_off(ordered, places)
        return [(x, y) for x, y in zip(places, read, strict=True) if y is not None]
    kept, parts = {ordered[0], ordered[-1]}, MOST_POINTS // 2 - 1
    for part in range(parts):
        inside = ordered[len(ordered) * part // parts : len(ordered) * (part + 1) // parts]
        kept |= {min(inside, key=itemgetter(1)), max(inside, key=itemgetter(1))}
    for step in range(MOST_POINTS):
        kept |= {ordered[(len(ordered) - 1) * step // MOST_POINTS]} if len(kept) <= MOST_POINTS else set()
    return sorted(kept)


def read_off(ordered: Sequence[Point], places: Iterable[float]) -> list[float | None]:
    """The height of a curve at each place, on the straight line between two points; None outside the curve.

    `ordered` are points by rising x. The height of a step is that of its upper end.
    """
    xs = [x for x, _ in ordered]
    found: list[float | None] = []
    for place in places:
        right = bisect_left(xs, place)
        if right < len(xs) and xs[right] == place:
            found.append(max(y for _, y in ordered[right : bisect_right(xs, place)]))
        elif 0 < right < len(xs):
            found.append(_between(ordered[right - 1], ordered[right], place))
        else:
            found.append(None)
    return found


def _between(left: Point, right: Point, place: float) -> float:
    (x0, y0), (x1, y1) = left, right
    # Halved, because the difference of two doubles may overflow.
    share = (place / 2 - x0 / 2) / (x1 / 2 - x0 / 2)
    between = y0 * (1 - share) + y1 * share
    return min(max(between, min(y0, y1)), max(y0, y1))


_EXACT = 2.0**53
"""From here on, not every whole number is a double."""
_LARGEST = 1e12


def grid(curves: Sequence[Curve], *, kind: PlotKind, most: int) -> tuple[float, ...]:
    """The places at which to read off all curves: rising, at most `most`, from where every curve has begun.

    Fiftieths for shares. Otherwise the places of the points if these are few and at even distances; then even
    distances, of whole numbers if all points are at some, otherwise round numbers. The last distance may be
    shorter, and between round numbers also the first.
    Each curve is at the first places, perhaps not at the last.
    """
    several = [curve.points for curve in curves if curve.xs]
    if not several:
        return ()
    low, high = max(points[0][0] for points in several), max(points[-1][0] for points in several)
    if any(points[-1][0] < low for points in several):
        return ()
    if kind in _SHARES:
        return tuple(place for place in _FIFTIETHS if low <= place <= high)
    own = sorted({x for points in several for x, _ in points if low <= x <= high})
    if len(own) <= most and _even(own):
        return tuple(own)
    if low > -_EXACT and high < _EXACT and all(x == int(x) for x in own):
        step = max(1, -(-int(high - low) // (most - 1)))
        even = [low + step * number for number in range(most)]
    else:
        even = _round_numbers(low, high, most)
    return tuple(sorted({min(max(x, low), high) for x in even}))


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """Both ends, and the multiples between them of 1, 2 or 5 times a power of ten; at most `most`."""
    width, largest = high - low, max(abs(low), abs(high))
    if not (largest < _LARGEST and width > max(largest, 1) / _LARGEST):
        return [low * (1 - step / (most - 1)) + high * (step / (most - 1)) for step in range(most)]
    power = floor(log10(width / most))
    found: list[float] = []
    for times in (1, 2, 5, 10, 20, 50):
        step = times * 10.0**power
        multiples = range(ceil(low / step) * times, floor(high / step) * times + 1, times)
        # Divided, because 3 * 0.1 is not 0.3.
        between = (n / 10.0**-power if power < 0 else n * 10.0**power for n in multiples)
        found = sorted({low, high, *(x for x in between if low < x < high)})
        if len(found) <= most:
            break
    return found


def _even(xs: Sequence[float]) -> bool:
    """Whether the distances between these are the same, up to rounding."""
    steps = [following / 2 - x / 2 for x, following in pairwise(xs)]
    return not steps or max(steps) - min(steps) <= 1e-6 * max(steps)


def confusion(
    base: Sequence[tuple[str, str]] | None, candidate: Sequence[tuple[str, str]] | None
) -> tuple[Cell, ...]:
    """Count (actual, predicted) of both sides: every pair of classes, row by row.

    A side without a matrix is None.
    The larger of two numbers comes first, because it is the class that is looked for.
    """
    counts = [None if rows is None else Counter(rows) for rows in (base, candidate)]
    classes = _in_class_order({name for each in counts if each for pair in each for name in pair})
    old, new = counts
    return tuple(
        Cell(
            actual=actual,
            predicted=predicted,
            base=None if old is None else old[actual, predicted],
            candidate=None if new is None else new[actual, predicted],
        )
        for actual in classes
        for predicted in classes
    )


def _in_class_order(names: Iterable[str]) -> list[str]:
    every = sorted(names)
    try:
        numbers = sorted(every, key=float, reverse=len(every) == _BOTH_CLASSES)
    except ValueError:
        return every
    return numbers


def decimal_text(number: float) -> str:
    """A finite number with every digit that distinguishes it; whole numbers without a fraction."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)  # noqa: PLR2004
