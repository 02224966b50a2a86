"""Check: the types of `mlgit check --json`. Numbers are texts, exactly as they were written."""

from typing import Literal, NotRequired, TypedDict


class Candidate(TypedDict):
    """What is checked."""

    label: str
    commit: str | None
    head: str | None


class Baseline(TypedDict):
    """What a candidate is compared with, for one model and one `vs`."""

    vs: str
    model: str | None
    state: Literal["found", "none", "unreadable", "too_shallow", "unknown"]
    label: str
    rule: str
    commit: str | None
    reason: str | None
    message: str | None
    hint: str | None


class Policy(TypedDict):
    """The commits whose rules were applied; None is the working tree."""

    gates: str | None
    environments: str | None
    waivers: str | None


class GateChange(TypedDict):
    """A gate that differs from the target's."""

    gate: str
    kind: Literal["added", "removed", "loosened", "tightened", "changed"]
    message: str


class Bound(TypedDict):
    """One limit of a gate."""

    kind: Literal["min", "max", "max_drop", "max_rise", "min_rise", "min_drop"]
    amount: str
    percent: bool
    allowed: str | None


class Result(TypedDict):
    """One gate for one model."""

    id: str
    gate: str
    model: str | None
    metric: str
    outcome: Literal["pass", "fail", "inconclusive", "error", "skipped"]
    reason: str | None
    message: str
    hint: str | None
    severity: Literal["error", "warn", "info"]
    effect: Literal["allow", "note", "warn", "block", "waived"]
    waiver: str | None
    vs: str | None
    limits: list[Bound]
    file: str | None
    key: str | None
    candidate: str | None
    baseline_file: str | None
    baseline_key: str | None
    baseline: str | None
    change: str | None
    change_percent: str | None
    hand: bool
    line: int | None
    breaks: str | None


class Note(TypedDict):
    """Something to know that is not the result of a gate."""

    code: str
    message: str
    effect: Literal["allow", "note", "warn", "block", "waived"]
    model: str | None
    gate: str | None
    waiver: str | None
    hint: str | None


class Summary(TypedDict):
    """Counts of outcomes, and of effects of results and notes."""

    gates: int
    passed: int
    failed: int
    inconclusive: int
    errors: int
    skipped: int
    waived: int
    blocking: int
    warnings: int


class Verdict(TypedDict):
    """The verdict: the same for the same inputs, byte for byte."""

    schema_version: Literal[1]
    purpose: Literal["check", "release", "promote"]
    environment: str | None
    decision: Literal["allow", "allow_with_warnings", "block"]
    evaluated_on: str
    candidate: Candidate
    baselines: list[Baseline]
    first_model: bool
    policy: Policy
    gates_sha: str
    gates_changed: list[GateChange]
    results: list[Result]
    notes: list[Note]
    summary: Summary


class MetricChange(TypedDict):
    """One metric of the candidate next to the baseline's."""

    old_text: NotRequired[str | None]
    new_text: NotRequired[str | None]
    known: NotRequired[Literal["yes", "no"]]
    model: str | None
    file: str
    key: str
    baseline: str | None
    candidate: str | None
    change: str | None
    change_percent: str | None
    better: bool | None


class ParamChange(TypedDict):
    """One parameter that differs."""

    file: str
    key: str
    old: str | None
    new: str | None


class StageRun(TypedDict):
    """One stage, by what dvc.lock recorded for it here and at the base."""

    stage: str
    state: Literal["rerun", "cached", "new", "removed", "stale"]
    reasons: list[str]


class HistoryPoint(TypedDict):
    """A value at a version or a commit."""

    label: str
    value: str


class MetricHistory(TypedDict):
    """The values of one metric before this candidate."""

    model: str | None
    file: str
    key: str
    points: list[HistoryPoint]


class Curve(TypedDict):
    """The curve of one side, by rising x."""

    side: Literal["base", "candidate"]
    xs: list[str]
    ys: list[str]


class Cell(TypedDict):
    """One cell of a confusion matrix; None if that side has no matrix."""

    actual: str
    predicted: str
    base: int | None
    candidate: int | None


class Plot(TypedDict):
    """One plot, with the values of the base and of the candidate."""

    title: str
    kind: Literal["roc", "precision_recall", "line", "confusion"]
    file: str
    x_label: str
    y_label: str
    known: bool
    curves: list[Curve]
    cells: list[Cell]
    notes: list[str]


class Changes(TypedDict):
    """What changed, one line each; only in reports."""

    data: NotRequired[str]
    params: NotRequired[str]
    model: NotRequired[str]
    outputs: NotRequired[str]


class CheckRecord(TypedDict):
    """The document of `mlgit check --json`."""

    schema_version: Literal[1]
    verdict: Verdict
    metrics: list[MetricChange]
    beside: list[Baseline]
    changes: Changes
    tools: dict[str, str]
    params: list[ParamChange]
    stages: list[StageRun]
    history: list[MetricHistory]
    plots: NotRequired[list[Plot]]
