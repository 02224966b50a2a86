"""Evidence: metrics, parameters and stages of one state of the repository, before gates are evaluated."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Output, Pipeline

Value = Decimal | str | bool | None
"""A leaf of a metric or parameter file. Numbers are Decimal, also NaN and the infinities."""

_LIST = "a list"

ProblemCode = Literal["missing", "unreadable", "not_fetched", "not_from_pipeline", "stale", "unknown_here"]


@record
class Problem:
    """Why the numbers of a file cannot be used, or only some; `hint` is a next step.

    `path` is the file, if the problem is about a file of parameters.
    """

    code: ProblemCode
    message: str
    hint: str | None = None
    path: str | None = None


class Unreadable(Exception):  # noqa: N818 (it becomes a Problem, users never see it raised)
    """A file has no values; the message continues a sentence that begins with the file's name."""


class NotFetched(Unreadable):
    """The file is a pointer of Git LFS."""


class NotHere(Unreadable):
    """DVC keeps the file, and not on this machine."""


@record
class MetricFile:
    """One metric file: flat values by dotted key.

    `stage` is the address of the stage that declares it; without one, `tracked_by` is the .dvc file that
    tracks or imports it, and None means that it is made by hand.
    `problems` is empty if every number can be used. `missing`, `unreadable` and `not_fetched`
    leave `values` empty; `stale`, `unknown_here` and `not_from_pipeline` do not. `others` are the keys whose
    value cannot be a metric, with a text of `other_text`. `repeated` are the stages that it comes
    from and that DVC runs whatever their inputs are.
    """

    path: str
    values: Mapping[str, Value] = field(default_factory=dict)
    stage: str | None = None
    tracked_by: str | None = None
    problems: tuple[Problem, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()


def other_text(content: str | None) -> str:
    """The text for a value that cannot be a metric: a null, or a list with its content."""
    return "null" if content is None else f"{_LIST}: {content}"


def other_kind(text: str) -> str:
    """`null` or `a list`: what a text of `other_text` is about."""
    return _LIST if text.startswith(_LIST) else text


def other_texts(before: str, after: str) -> tuple[str, str]:
    """Two different values in place of numbers, as people read them: of two lists the content."""
    if other_kind(before) == other_kind(after):
        return before.removeprefix(f"{_LIST}: "), after.removeprefix(f"{_LIST}: ")
    return other_kind(before), other_kind(after)


FROZEN = "the stage is frozen"
"""Ends a reason, in parentheses, that holds only because DVC does not run a frozen stage."""

MERGED = "its entry of dvc.lock is what git makes of two others, and nothing shows that a run made it"
"""The reason of a stage whose recorded results come from no run."""

DELETED = "deleted "
"""Begins the reason of a stage whose dvc.lock, which follows, was deleted here; also that of a dep."""


OLD_LOCK = "dvc.lock is written as by DVC 1, and DVC does not read that any more"
"""A reason for `unproven`."""
OLD_STAGE = "a .dvc file has a stage, as before DVC 1, and DVC does not read that any more"
"""A reason for `unproven`."""
SHARED = "and only one of them can make it"
"""Ends a reason about an output that several stages or .dvc files have: DVC runs nothing then."""


@record
class StageState:
    """Whether the outputs of a stage match its inputs.

    `reasons` are short sentences about the stage itself (`changed dep src/train.py`), empty if it is up to
    date. `upstream` names stale stages before it. `unchecked` lists what needs the network or a missing file.
    `unproven` are reasons why the recorded results are not of these inputs although `mlgit run` would not run
    the stage: it is frozen, git merged its record, or an output has several owners. `unknown` are those of
    `unchecked` that this machine could know: a submodule or a path outside the repository.
    Both include what is before the stage.
    """

    address: str
    reasons: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether `mlgit run` would run it, as far as mlgit can check."""
        return bool(self.reasons or self.upstream)

    @property
    def up_to_date(self) -> bool:
        """Whether that is known for certain."""
        return not (self.stale or self.unchecked or self.unproven or self.unknown)


@record
class Evidence:
    """Metrics, parameters, pipeline and staleness at one state.

    `commit` is None for the working tree. `params` maps file -> dotted key -> value.
    `problems` are about unreadable files that are not metric files. `absent` are the outputs with parameters
    that stages read and this machine lacks.
    """

    label: str
    commit: str | None
    pipeline: Pipeline
    metric_files: tuple[MetricFile, ...] = ()
    params: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    stages: tuple[StageState, ...] = ()
    problems: tuple[Problem, ...] = ()
    absent: tuple[Output, ...] = ()
