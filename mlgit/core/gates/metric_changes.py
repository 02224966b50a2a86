"""Metric changes: every number of a candidate next to the baseline's, even without a gate on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.changes import change_between
from mlgit.core.gates.verdict import MetricChange
from mlgit.core.pipeline import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import MetricFile


def metric_changes(
    candidate: Sequence[MetricFile],
    baseline: Sequence[MetricFile],
    *,
    model: str | None,
    directions: Mapping[str, Direction],
    known: bool = True,
) -> tuple[MetricChange, ...]:
    """All numbers of both sides, by file and key; the same file and key on both sides is the same metric.

    `known`: whether the baseline is known here, even if that is that there is none.
    """
    new, old = _numbers(candidate), _numbers(baseline)
    changes = []
    for file, key in sorted({*old, *new}):
        before, after = old.get((file, key)), new.get((file, key))
        unsure = (before is None and not (known and _read(baseline, file))) or (
            after is None and not _read(candidate, file)
        )
        found = change_between(before, after, metrics.direction_of(key, directions))
        changes.append(
            MetricChange(
                model=model,
                file=file,
                key=key,
                baseline=None if before is None else metrics.text(before),
                candidate=None if after is None else metrics.text(after),
                change=None if found.amount is None else metrics.computed(found.amount),
                change_percent=None if found.percent is None else metrics.computed(found.percent),
                better=found.better,
                known="no" if unsure else "yes",
            )
        )
    return tuple(changes)


def _read(files: Sequence[MetricFile], path: str) -> bool:
    """Whether every file that may have a metric of this path was read."""
    return not any(
        problem.code == "not_fetched"
        or (problem.code == "unreadable" and f"{path}/".startswith(f"{file.path}/"))
        for file in files
        for problem in file.problems
    )


def _numbers(files: Sequence[MetricFile]) -> dict[tuple[str, str], Decimal]:
    return {
        (place.file.path, place.key): value
        for place in metrics.every_place(files)
        if (value := metrics.number(place.value)) is not None
    }
