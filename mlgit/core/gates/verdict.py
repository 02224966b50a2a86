"""Verdict: the record of an evaluation; the same inputs give the same bytes."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from mlgit.core.compare.plots import Plot
    from mlgit.core.config.file import LimitKind, Severity
    from mlgit.core.pipeline.report_context import MetricHistory, ParamChange, StageRun

Purpose = Literal["check", "release", "promote"]
Outcome = Literal["pass", "fail", "inconclusive", "error", "skipped"]
Effect = Literal["allow", "note", "warn", "block", "waived"]
Decision = Literal["allow", "allow_with_warnings", "block"]
BaselineState = Literal["found", "none", "unreadable", "too_shallow", "unknown"]
GateChangeKind = Literal["added", "removed", "loosened", "tightened", "changed"]

SCHEMA_VERSION = 1
UNTRACKED = "with untracked files"  # in the label of a working tree that differs from its commit only by them
NOT_COMMITTED = "not_committed"  # the code of a note about run results that are not on the branch


@record
class Baseline:
    """The state that a candidate is compared with, for one model and one `vs:`.

    `vs` is as in mlgit.yaml, `file:<path>` for a file. `label` names it in a sentence. `rule` says how it
    was chosen. `reason`, `message` and `hint` explain a state that is not `found`. `none` is proven;
    `unknown` means that this clone may lack it.
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
    """The state to evaluate; `commit` is None for the working tree, which is based on `head`.

    A working tree without changes has the label of its commit, and one that only has more files as well.
    """

    label: str
    commit: str | None
    head: str | None = None

    @property
    def place(self) -> str:
        """The source of its numbers in a sentence: `1a2b3c4`, or `working tree on 1a2b3c4`."""
        if self.commit is not None:
            return self.commit[:7]
        if self.head is None or self.label.startswith(self.head[:7]):
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
    `change` is candidate - baseline. `breaks` is what trunk's form of a loosened gate has that this number
    does not keep: `max_drop 0.01`. `unwaived` says why a waiver for this gate does not cover it.
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
    breaks: str | None = None
    unwaived: str | None = field(default=None, metadata={"json": None})


@record
class Note:
    """A remark that is not a gate's result; `names` are all it is about, also what the text leaves out."""

    code: str
    message: str
    effect: Effect = "note"
    model: str | None = None
    gate: str | None = None
    waiver: str | None = None
    hint: str | None = None
    names: frozenset[str] = field(default_factory=frozenset, metadata={"json": None})


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
    """All results and the decision; the same inputs give the same bytes.

    `first_model`: no gate found a baseline. `gates_sha` is of the applied gates and what they resolved to.
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
    """One metric of the candidate next to the base; the numbers are decimal text, None if absent.

    `better` is None if nothing changed or no direction is known. `known` is `no` if the number that is absent
    may be there: the baseline is not known here, or a file of that side could not be read. `old_text` and
    `new_text` are what is there in place of a number: `true`, a text, `null` or `a list`.
    """

    model: str | None
    file: str
    key: str
    baseline: str | None
    candidate: str | None
    change: str | None = None
    change_percent: str | None = None
    better: bool | None = None
    known: Literal["yes", "no"] = "yes"
    old_text: str | None = None
    new_text: str | None = None

    @property
    def appearance(self) -> Literal["new", "gone", "not known", ""]:
        """What to write instead of a difference, if only one side has a value."""
        before = self.baseline is not None or self.old_text is not None
        after = self.candidate is not None or self.new_text is not None
        if before == after:
            return ""
        if self.known == "no":
            return "not known"
        return "gone" if before else "new"

    @property
    def lost(self) -> bool:
        """Whether the base has a finite number, and the candidate is known not to have one."""
        return self.known == "yes" and _is_finite(self.baseline) and not _is_finite(self.candidate)

    @property
    def changed(self) -> bool:
        return (self.baseline, self.old_text) != (self.candidate, self.new_text)


@record
class Check:
    """The verdict and its context. Only `verdict` is hashed.

    `references` are the baselines that each model's metrics are shown next to, even without a gate on them.
    `changes` maps `data`, `params` and `model` to one line each. `tools` maps a tool to its version.
    `params`, `stages`, `history` and `plots` are for reports, and otherwise empty. `asked` are the options
    that the verdict itself does not show. `published`: the remote has its commit, as far as is known here.
    """

    verdict: Verdict
    metrics: tuple[MetricChange, ...] = ()
    references: tuple[Baseline, ...] = field(default=(), metadata={"json": "beside"})
    changes: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    params: tuple[ParamChange, ...] = ()
    stages: tuple[StageRun, ...] = ()
    history: tuple[MetricHistory, ...] = ()
    plots: tuple[Plot, ...] = ()
    asked: tuple[str, ...] = field(default=(), metadata={"json": None})
    published: bool = field(default=True, metadata={"json": None})


def _is_finite(number: str | None) -> bool:
    """Whether a number's text is of a finite one: not `NaN`, `-Infinity` or `sNaN`."""
    return number is not None and "n" not in number.lower()


def effects_of(results: Iterable[Result], notes: Iterable[Note]) -> list[Effect]:
    return [*(result.effect for result in results), *(note.effect for note in notes)]


def decision_of(effects: Iterable[Effect]) -> Decision:
    """The worst effect decides: block > allow_with_warnings > allow. A waived result only warns."""
    found = set(effects)
    if "block" in found:
        return "block"
    return "allow_with_warnings" if found & {"warn", "waived"} else "allow"


def summarize(results: tuple[Result, ...], notes: tuple[Note, ...]) -> Summary:
    outcomes = [result.outcome for result in results]
    effects = effects_of(results, notes)
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
    """The sort key of notes: the same notes are always in the same order."""
    return note.code, note.model or "", note.gate or "", note.message


def with_notes(verdict: Verdict, notes: Iterable[Note]) -> Verdict:
    """Add notes; decision and summary are computed again."""
    every = tuple(sorted({*verdict.notes, *notes}, key=note_order))
    decision = decision_of(effects_of(verdict.results, every))
    return replace(verdict, notes=every, decision=decision, summary=summarize(verdict.results, every))
