"""Growth: how cost rises with size, as numbers that tell whether it is linear or better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.race import Finish

_LINEAR = 1.05  # what medians of few rounds can tell from 1


class Line(NamedTuple):
    """One contestant's median times in milliseconds over sizes, ascending."""

    label: str
    points: tuple[tuple[int, float], ...]

    @property
    def exponent(self) -> float | None:
        """The slope between the last two points when both axes are logarithmic: 1 is linear."""
        if len(self.points) < 2:  # noqa: PLR2004 -- a slope needs two
            return None
        (size, time), (last_size, last_time) = self.points[-2:]
        return math.log(last_time / time) / math.log(last_size / size)

    @property
    def added_ms(self) -> tuple[float, ...]:
        """What one more item costs, between each size and the next; the fixed cost has no part in it."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return tuple((later - time) / (larger - size) for (size, time), (larger, later) in pairs)

    @property
    def linear_or_better(self) -> bool | None:
        """Whether doubling the size at the end does no more than double the time."""
        return None if self.exponent is None else self.exponent <= _LINEAR


def lines(finishes: Iterable[Finish]) -> dict[str, list[Line]]:
    """By curve, one line a contestant."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for finish in finishes:
        if finish.race.point is not None:
            curve = found.setdefault(finish.race.point.curve, {})
            for result in finish.results:
                curve.setdefault(result.label, []).append((finish.race.point.size, result.median_ms))
    return {
        curve: [Line(label, tuple(sorted(points))) for label, points in labels.items()]
        for curve, labels in found.items()
    }
