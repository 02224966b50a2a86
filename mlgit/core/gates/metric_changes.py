"""Metric changes: every number of a candidate next to the baseline's, even without a gate on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.compare.changes import change_between
from mlgit.core.gates.verdict import MetricChange
from mlgit.core.pipeline import metrics
from mlgit.core.pipeline.evidence import other_kind, other_texts
from mlgit.core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import MetricFile, Value

_LONGEST, _LONGEST_LIST = 80, 24


def metric_changes(
    candidate: Sequence[MetricFile],
    baseline: Sequence[MetricFile],
    *,
    model: str | None,
    directions: Mapping[str, Direction],
    known: bool = True,
) -> tuple[MetricChange, ...]:
    """All numbers of both sides, by file and key; the same file and key on both sides is the same metric.

    Other values are in it if they differ; a null or a list only if the other side has a value as well.
    `known`: whether the baseline is known here, even if that is that there is none.
    """
    new, old = _numbers(candidate), _numbers(baseline := _at_new_paths(candidate, baseline))
    old_texts, new_texts = _texts(baseline, candidate), _texts(candidate, baseline)
    texts = {place for place in {*old_texts, *new_texts} if old_texts.get(place) != new_texts.get(place)}
    changes = []
    for file, key in sorted({*old, *new, *texts}):
        before, after = old.get((file, key)), new.get((file, key))
        old_text, new_text = old_texts.get((file, key)), new_texts.get((file, key))
        unsure = (before is None and old_text is None and not (known and _read(baseline, file))) or (
            after is None and new_text is None and not _read(candidate, file)
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
                old_text=old_text,
                new_text=new_text,
            )
        )
    return tuple(changes)


def _at_new_paths(candidate: Sequence[MetricFile], baseline: Sequence[MetricFile]) -> Sequence[MetricFile]:
    """The files of the baseline, those that moved with their path in the candidate."""
    if {file.path for file in baseline} <= {file.path for file in candidate}:
        return baseline
    from mlgit.core.compare.moved_metrics import moved_metrics

    old, new = (
        {file.path: {**file.values, **file.others} for file in side} for side in (baseline, candidate)
    )
    moved = {before: after for after, before in moved_metrics(old, new).items()}
    return [replace(file, path=moved.get(file.path, file.path)) for file in baseline] if moved else baseline


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


def _texts(files: Sequence[MetricFile], other: Sequence[MetricFile]) -> dict[tuple[str, str], str]:
    """What is there in place of numbers; a null or a list only where the `other` side has anything."""
    there = {(file.path, key): value for file in other for key, value in file.values.items()}
    found = {
        (file.path, key): _text(value, there.get((file.path, key)))
        for file in files
        for key, value in file.values.items()
        if metrics.number(value) is None
    }
    odd = {(file.path, key): text for file in files for key, text in file.others.items()}
    odd_there = {(file.path, key): text for file in other for key, text in file.others.items()}
    for place, text in odd.items():
        if place in odd_there:
            shown = other_texts(text, odd_there[place])
            found[place] = cut(shown[0], _LONGEST_LIST, apart_from=shown[1])
        elif place in there:
            found[place] = other_kind(text)
    return found


def _text(value: Value, other: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return cut(str(value), _LONGEST, apart_from=other if isinstance(other, str) else None)
