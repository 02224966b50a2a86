"""Report context: parameters, stages and metric history that a report shows after the verdict."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record

RunState = Literal["rerun", "cached", "new", "removed", "stale"]


@record
class ParamChange:
    """One parameter that differs, as text; None if it is absent."""

    file: str
    key: str
    old: str | None
    new: str | None


@record
class StageRun:
    """One stage of the pipeline: its record in dvc.lock here, compared with the base.

    `rerun`: the record differs; `cached`: it is the same; `stale`: the result here does not match the
    inputs. `reasons` name the differences in a few words each (`params train.C`).
    """

    stage: str
    state: RunState
    reasons: tuple[str, ...] = ()


@record
class HistoryPoint:
    """An earlier value of a metric; `label` is a version or the first seven digits of a commit."""

    label: str
    value: str


@record
class MetricHistory:
    """The values of one metric before this candidate, oldest first, as decimal text."""

    model: str | None
    file: str
    key: str
    points: tuple[HistoryPoint, ...] = ()
