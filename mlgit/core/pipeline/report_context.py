"""Background: what a report shows behind the verdict: parameters, stages, and where numbers come from."""

from __future__ import annotations

from typing import Literal

from mlgit.core.record import record

RunState = Literal["rerun", "cached", "new", "removed", "stale"]


@record
class ParamChange:
    """One parameter that differs, as text; None where it is absent."""

    file: str
    key: str
    old: str | None
    new: str | None


@record
class StageRun:
    """One stage of the pipeline, by what dvc.lock recorded for it here and at the base.

    `rerun`: something was recorded anew; `cached`: the same as at the base; `stale`: its result here does
    not stand for its inputs. `reasons` name what differs, each in a few words (`params train.C`).
    """

    stage: str
    state: RunState
    reasons: tuple[str, ...] = ()


@record
class HistoryPoint:
    """A value that a metric had; `label` is a version or the first seven digits of a commit."""

    label: str
    value: str


@record
class MetricHistory:
    """The values of one metric before this candidate, oldest first, as decimal text."""

    model: str | None
    file: str
    key: str
    points: tuple[HistoryPoint, ...] = ()
