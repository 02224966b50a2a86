"""Metric tables: the values of both sides' metric files by path, as far as they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.pipeline.evidence import other_kind, other_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.evidence import MetricFile, Value


def metric_tables(
    old: Iterable[MetricFile], new: Iterable[MetricFile]
) -> tuple[dict[str, Mapping[str, Value]], dict[str, Mapping[str, Value]], list[str]]:
    """Values by file on both sides, and why files are left out: one side has them but cannot read them.

    A file that only has another path is listed at its new one on both sides.
    """
    sides = ({file.path: file for file in old}, {file.path: file for file in new})
    unusable: dict[str, str] = {}
    for side in sides:
        for file in side.values():
            for problem in file.problems:
                if problem.code in {"unreadable", "not_fetched"}:
                    unusable.setdefault(file.path, problem.message)
    before, after = (
        {path: file.values for path, file in side.items() if path not in unusable and not _missing(file)}
        for side in sides
    )
    problems = list(unusable.values())
    if before.keys() != after.keys():
        from mlgit.core.compare.moved_metrics import moved_metrics

        for now, path in moved_metrics(before, after).items():
            before[now] = before.pop(path)
            sides[0][now] = sides[0].pop(path)
    for path in before.keys() & after.keys():
        one, other = sides[0][path], sides[1][path]
        before[path] = {**before[path], **_others(one, other)}
        after[path] = {**after[path], **_others(other, one)}
    return before, after, problems


def _others(file: MetricFile, other: MetricFile) -> dict[str, Value]:
    """The nulls and lists of a file where the other side has something different."""
    found: dict[str, Value] = {}
    for key, text in file.others.items():
        there = other.others.get(key)
        if there is None and key in other.values:
            found[key] = None if other_kind(text) == "null" else other_kind(text)
        elif there is not None and there != text:
            found[key] = None if other_kind(text) == "null" else other_texts(text, there)[0]
    return found


def _missing(file: MetricFile) -> bool:
    return any(problem.code == "missing" for problem in file.problems)
