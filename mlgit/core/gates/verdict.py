"""Verdict: what the gates said about a candidate, as a record that is the same for the same inputs."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from mlgit.core.config.file import LimitKind, Severity
    from mlgit.core.pipeline.report_context import MetricHistory, ParamChange, StageRun

Purpose = Literal["check", "release", "promote"]
Outcome = Literal["pass", "fail", "inconclusive", "error", "skipped"]
Effect = Literal["allow", "note", "warn", "block", "waived"]
Decision = Literal["allow", "allow_with_warnings", "block"]
BaselineState = Literal["found", "none", "unreadable", "too_shallow"]
GateChangeKind = Literal["added", "removed", "loosened", "tightened", "changed"]

SCHEMA_VERSION = 1
NOT_COMMITTED = "not_committed"
"""The code of a note about results of a run that the branch does not have."""


@record
class Baseline:
    """What a candidate is compared with, for one model and one `vs:`.

    `vs` is as mlgit.yaml has it, `file:<path>` for a file. `label` is how to call it in a sentence.
    `rule` says how it was chosen. `reason`, `message` and `hint` explain a state that is not `found`.
    """

    vs: str
    model: str | None
    state: BaselineState
    label: str
    rule: str
    commit: str | None = None
    reason: str | None = None
    message: str | None = None
    hint: str | None = None


@record
class Candidate:
    """What is judged; `commit` is None for the working tree, which stands on `head`.

    `label` is that commit's too when the working tree holds nothing else.
    """

    label: str
    commit: str | None
    head: str | None = None

    @property
    def place(self) -> str:
        """Where its numbers stand, for a sentence: `1a2b3c4`, or `working tree on 1a2b3c4`."""
        if self.commit is not None:
            return self.commit[:7]
        if self.head is None or self.label == self.head[:7]:
            return self.label
        return f"{self.label} on {self.head[:7]}"


@record
class Bound:
    """One limit of a gate.

    `amount` is as declared, in % of |baseline| if `percent`; `allowed` is the limit in the metric's own unit.
    """

    kind: LimitKind
    amount: str
    percent: bool = False
    allowed: str | None = None


@record
class Result:
    """One gate for one model. Numbers are decimal text, computed ones with up to nine digits.

    `made_by_hand` marks a metric file that no stage declares. `line` is the gate's line in mlgit.yaml.
    `change` is candidate - baseline.
    """

    id: str
    gate: str
    model: str | None
    metric: str
    outcome: Outcome
    reason: str | None
    message: str
    hint: str | None = None
    severity: Severity
    effect: Effect
    waiver: str | None = None
    vs: str | None = None
    limits: tuple[Bound, ...] = ()
    file: str | None = None
    key: str | None = None
    candidate: str | None = None
    baseline_file: str | None = None
    baseline_key: str | None = None
    baseline: str | None = None
    change: str | None = None
    change_percent: str | None = None
    made_by_hand: bool = field(default=False, metadata={"json": "hand"})
    line: int | None = None


@record
class Note:
    """Something to know that is no gate's result; `effect` is `note`, `warn`, `block` or `waived`."""

    code: str
    message: str
    effect: Effect = "note"
    model: str | None = None
    gate: str | None = None
    waiver: str | None = None
    hint: str | None = None


@record
class GateChange:
    """A gate that differs from the target's."""

    gate: str
    kind: GateChangeKind
    message: str


@record
class Policy:
    """The commits whose rules were applied; None is the working tree."""

    gates: str | None = None
    environments: str | None = None
    waivers: str | None = None


@record
class Summary:
    """Counts of outcomes, and of the effects that matter."""

    gates: int = 0
    passed: int = 0
    failed: int = 0
    inconclusive: int = 0
    errors: int = 0
    skipped: int = 0
    waived: int = 0
    blocking: int = 0
    warnings: int = 0


@record
class Verdict:
    """Everything decided; byte-stable (`canonical`) for the same inputs.

    `first_model` says that no gate that compares found anything to compare with.
    `gates_sha` is the SHA-256 of the gates that were applied.
    """

    schema_version: int = SCHEMA_VERSION
    purpose: Purpose
    environment: str | None = None
    decision: Decision
    evaluated_on: date
    candidate: Candidate
    baselines: tuple[Baseline, ...] = ()
    first_model: bool = False
    policy: Policy = field(default_factory=Policy)
    gates_sha: str
    gates_changed: tuple[GateChange, ...] = ()
    results: tuple[Result, ...] = ()
    notes: tuple[Note, ...] = ()
    summary: Summary = field(default_factory=Summary)


@record
class MetricChange:
    """One metric of the candidate beside the base; the numbers are decimal text, None where absent.

    `better` is None when nothing changed or nobody said which way is better.
    """

    model: str | None
    file: str
    key: str
    baseline: str | None
    candidate: str | None
    change: str | None = None
    change_percent: str | None = None
    better: bool | None = None

    @property
    def changed(self) -> bool:
        """Whether there is something to tell."""
        return self.baseline != self.candidate


@record
class Check:
    """The verdict with what a reader wants next to it. Only `verdict` is hashed and byte-stable.

    `references` are the baselines that each model's metrics are shown next to, even without a gate on them.
    `changes` maps `data`, `params` and `model` to one line each. `tools` maps a tool to its version.
    `params`, `stages` and `history` are for reports, and empty where nobody asked for lines.
    """

    verdict: Verdict
    metrics: tuple[MetricChange, ...] = ()
    references: tuple[Baseline, ...] = field(default=(), metadata={"json": "beside"})
    changes: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    params: tuple[ParamChange, ...] = ()
    stages: tuple[StageRun, ...] = ()
    history: tuple[MetricHistory, ...] = ()


def decision_of(effects: frozenset[Effect]) -> Decision:
    """Take the worst: block > allow_with_warnings > allow. What is waived is allowed, and seen."""
    if "block" in effects:
        return "block"
    return "allow_with_warnings" if effects & {"warn", "waived"} else "allow"


def summarize(results: tuple[Result, ...], notes: tuple[Note, ...]) -> Summary:
    """Count what was decided."""
    outcomes = [result.outcome for result in results]
    effects = [*(result.effect for result in results), *(note.effect for note in notes)]
    return Summary(
        gates=len(results),
        passed=outcomes.count("pass"),
        failed=outcomes.count("fail"),
        inconclusive=outcomes.count("inconclusive"),
        errors=outcomes.count("error"),
        skipped=outcomes.count("skipped"),
        waived=effects.count("waived"),
        blocking=effects.count("block"),
        warnings=effects.count("warn"),
    )


def note_order(note: Note) -> tuple[str, str, str, str]:
    """What notes are sorted by, so that the same ones stand in the same order."""
    return note.code, note.model or "", note.gate or "", note.message


def with_notes(verdict: Verdict, notes: Iterable[Note]) -> Verdict:
    """The verdict with more to know; decision and summary follow from everything again."""
    together = tuple(sorted({*verdict.notes, *notes}, key=note_order))
    return replace(
        verdict,
        notes=together,
        decision=decided(verdict, together),
        summary=summarize(verdict.results, together),
    )


def decided(verdict: Verdict, notes: Iterable[Note]) -> Decision:
    """The decision that the results of a verdict and these notes give."""
    effects = [*(result.effect for result in verdict.results), *(note.effect for note in notes)]
    return decision_of(frozenset(effects))


def headline(verdict: Verdict) -> str:
    """The verdict in one line, the worst first: `tumor: 1 of 6 gates failed: auc 0.971 -> 0.958 (…)`."""
    summary = verdict.summary
    bad = [result for result in verdict.results if result.effect == "block"]
    stopping = [note for note in verdict.notes if note.effect == "block"]
    if bad:
        verb = "failed" if all(result.outcome == "fail" for result in bad) else "did not pass"
        told = _causes(bad, stopping) or bad
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        return f"{_subject(bad)}{len(bad)} of {count(summary.gates, 'gate')} {verb}: {told[0].message}{more}"
    if stopping:
        return stopping[0].message
    if not summary.gates:
        return "No gates were evaluated"
    text = f"{_subject(verdict.results)}{summary.passed} of {count(summary.gates, 'gate')} passed"
    rest = [
        f"{number} {word}"
        for number, word in (
            (summary.skipped, "skipped"),
            (summary.waived, "waived"),
            (summary.warnings, "warning" if summary.warnings == 1 else "warnings"),
        )
        if number
    ]
    return ", ".join([text, *rest])


def _causes(bad: Sequence[Result], stopping: Iterable[Note]) -> Sequence[Note]:
    """What the pipeline's proof says, where gates only have no numbers that could be trusted."""
    reasons = {result.reason for result in bad}
    if not reasons <= _CAUSES.keys():
        return ()
    codes = {code for reason, code in _CAUSES.items() if reason in reasons} | {"lock_missing"}
    known = [note for note in stopping if note.code in codes]
    return [note for note in known if note.code == known[0].code]


_CAUSES = {"stale": "stale_stage", "not_from_pipeline": "not_from_pipeline"}


def _subject(results: tuple[Result, ...] | list[Result]) -> str:
    names = {result.model for result in results}
    return f"{name}: " if len(names) == 1 and (name := next(iter(names))) else ""


def canonical(verdict: Verdict) -> bytes:
    """The verdict as canonical JSON (sorted keys, no spaces, no floats): what is hashed."""
    import json

    return json.dumps(
        _plain(verdict), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "replace")


def _plain(value: object) -> object:
    from dataclasses import fields, is_dataclass
    from datetime import date

    if is_dataclass(value):
        return {
            item.metadata.get("json", item.name): _plain(getattr(value, item.name)) for item in fields(value)
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
