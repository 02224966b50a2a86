"""Growth: how time rises with size, and whether that is linear or better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.race import Outcome

_LINEAR = 1.05  # medians of few rounds cannot distinguish less from 1


class Line(NamedTuple):
    """A contestant's median times in milliseconds by size, ascending."""

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
        """The time of one more item, between each size and the next, without the fixed cost."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return tuple((later - time) / (larger - size) for (size, time), (larger, later) in pairs)

    @property
    def linear_or_better(self) -> bool | None:
        """Whether doubling the largest size at most doubles the time."""
        return None if self.exponent is None else self.exponent <= _LINEAR


def lines(outcomes: Iterable[Outcome]) -> dict[str, list[Line]]:
    """Curve -> one line per contestant."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for outcome in outcomes:
        if outcome.race.point is not None:
            curve = found.setdefault(outcome.race.point.curve, {})
            for result in outcome.results:
                curve.setdefault(result.label, []).append((outcome.race.point.size, result.median_ms))
    return {
        curve: [Line(label, tuple(sorted(points))) for label, points in labels.items()]
        for curve, labels in found.items()
    }
