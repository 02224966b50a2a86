"""Metric changes: every number of a candidate beside the baseline's, with and without a gate on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.verdict import MetricChange
from mlgit.core.pipeline import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import MetricFile

_Numbers = dict[tuple[str, str], "Decimal"]


def metric_changes(
    candidate: Sequence[MetricFile],
    baseline: Sequence[MetricFile],
    *,
    model: str | None,
    directions: Mapping[str, Direction],
) -> tuple[MetricChange, ...]:
    """All numbers of both sides, by file and key; the same place on both sides is the same metric.

    Args:
        candidate: the model's metric files.
        baseline: the same model's where the candidate is compared with; empty without a baseline.
        model: whose they are.
        directions: `directions:` of mlgit.yaml.
    """
    new, old = _numbers(candidate), _numbers(baseline)
    return tuple(
        _change(place, old.get(place), new.get(place), model=model, directions=directions)
        for place in sorted({*old, *new})
    )


def _numbers(files: Sequence[MetricFile]) -> _Numbers:
    found: _Numbers = {}
    for place in metrics.every_place(files):
        value = metrics.number(place.value)
        if value is not None:
            found[place.file.path, place.key] = value
    return found


def _change(
    place: tuple[str, str],
    old: Decimal | None,
    new: Decimal | None,
    *,
    model: str | None,
    directions: Mapping[str, Direction],
) -> MetricChange:
    file, key = place
    bare = MetricChange(
        model=model,
        file=file,
        key=key,
        baseline=None if old is None else metrics.text(old),
        candidate=None if new is None else metrics.text(new),
    )
    if old is None or new is None or not old.is_finite() or not new.is_finite():
        return bare
    change = metrics.difference(new, old)
    percent = metrics.percent_change(change, old)
    direction = metrics.direction_of(key, directions)
    return MetricChange(
        model=model,
        file=file,
        key=key,
        baseline=bare.baseline,
        candidate=bare.candidate,
        change=metrics.computed(change),
        change_percent=None if percent is None else metrics.computed(percent),
        better=(change > 0) == (direction == "up") if change and direction else None,
    )
