"""Heading: the decision in words with its worst reason, and the counts of the gates below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.by_model import models_of, of_model, uneventful
from mlgit.core.gates.headline import passed_or_skipped
from mlgit.core.gates.verdict import Note
from mlgit.core.overview.reason import cannot_be_evaluated, only_warn, result_reason, worst_of
from mlgit.core.wording import count
from mlgit.render.escape import prose
from mlgit.render.report.layout import MARKS, ReportContext
from mlgit.render.report.sentences import checked_otherwise, note_reason

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check, Verdict

_NO_GATES = "🔹"
_NOTHING_NEW = "nothing changed in data, params, metrics or model"


def heading(record: Check, context: ReportContext) -> str:
    """`### ❌ Blocked: tumor, AUC fell from 0.9955 to 0.9686 (1 of 3 models)`."""
    by = " · computed by fork code" if context.untrusted else ""
    return f"### {mark(record, unfinished=context.unfinished)} {prose(title(record, context))}{by}"


def title(record: Check, context: ReportContext) -> str:
    """The heading as plain text, without its mark."""
    reason = _reason(record)
    if context.unfinished and record.verdict.decision != "block":
        return f"Not everything could be checked: {reason}"
    return f"{decision_words(record.verdict, context)}: {reason}"


def mark(record: Check, *, unfinished: bool = False) -> str:
    """The mark of a decision; without gates there is none to praise."""
    verdict = record.verdict
    if unfinished:
        return MARKS["block"]
    return (
        _NO_GATES if verdict.decision == "allow" and not verdict.summary.passed else MARKS[verdict.decision]
    )


def decision_words(verdict: Verdict, context: ReportContext) -> str:
    """`Blocked`, `May merge, 1 warning`; of trunk, a release and a promotion, what fits them."""
    place = f" to `{verdict.environment}`" if verdict.environment else ""
    if verdict.decision == "block":
        return {"check": "Blocked", "release": "No release", "promote": f"No promotion{place}"}[
            verdict.purpose
        ]
    words = {"check": "May merge", "release": "May be released", "promote": f"May be promoted{place}"}
    parts = ["Not proven" if context.untrusted else "Allowed" if context.trunk else words[verdict.purpose]]
    summary = verdict.summary
    parts += [count(summary.warnings, "warning")] if summary.warnings else []
    parts += [f"{summary.waived} waived"] if summary.waived else []
    return ", ".join(parts)


def model_words(verdict: Verdict, context: ReportContext) -> str:
    """The same for one of several models, of which another one may block."""
    return decision_words(verdict, context._replace(trunk=True))


def gate_counts(verdict: Verdict) -> str:
    """`2 of 4 gates failed, 1 warning`; the heading has the warnings of an allowed change."""
    summary, blocking = verdict.summary, [each for each in verdict.results if each.effect == "block"]
    errors = sum(each.outcome == "error" for each in blocking)
    failed, gates = len(blocking) - errors, count(summary.gates, "gate")
    mild = only_warn(verdict)
    if not summary.gates:
        return "no gates were evaluated"
    if failed:
        parts = [f"{failed} of {gates} failed", *([f"{errors} cannot be evaluated"] if errors else [])]
    elif errors:
        parts = [cannot_be_evaluated(verdict)]
    else:
        parts = [passed_or_skipped(verdict)]
    parts += [f"{summary.skipped} skipped"] if summary.skipped and blocking else []
    if verdict.decision == "block":
        parts += [count(summary.warnings - mild, "warning")] if summary.warnings > mild else []
        parts += [f"{summary.waived} waived"] if summary.waived else []
    return ", ".join(parts)


def counts_line(record: Check, context: ReportContext) -> list[str]:
    """The counts below the heading, if it does not have them."""
    verdict = record.verdict
    counts = gate_counts(verdict)
    other = checked_otherwise(verdict.results, verdict.notes)
    if other:
        verb = "does not check what it" if other == 1 else "do not check what they"
        blocked = any(each.effect == "block" for each in verdict.results)
        them = "1 gate that passed" if other == 1 else f"{other} gates that passed"
        who = them if blocked else "it" if other == verdict.summary.passed == 1 else f"{other} of them"
        counts += f"{';' if blocked else ', but'} {who} {verb} checked before"
    removed = sum(each.kind == "removed" for each in verdict.gates_changed)
    if removed:
        counts += f"; {count(removed, 'gate was', 'gates were')} removed"
    if len(models_of(record)) > 1 or not verdict.summary.gates or counts in title(record, context):
        return []
    return [counts]


def _reason(record: Check) -> str:
    found = worst_of(record.verdict)
    if found is None:
        return _joined(_whose(record), _allowed(record))
    text = (
        note_reason(found) if isinstance(found, Note) else result_reason(found, record.verdict, places=True)
    )
    text += f", waived by `{found.waiver}`" if found.effect == "waived" and found.waiver else ""
    several = models_of(record)
    if len(several) < 2:  # noqa: PLR2004 (one model needs no count)
        return _joined(found.model or next(iter(several), None), text)
    decision = record.verdict.decision
    alike = sum(of_model(record, each).verdict.decision == decision for each in several)
    state = {"block": "blocked", "allow_with_warnings": "allowed with warnings"}.get(decision, "allowed")
    are = "is" if alike == 1 else "are"
    counted = f"; {alike} of {len(several)} models {are} {state}"
    return f"{_joined(found.model, text)}{counted}" if found.model else text


def _allowed(record: Check) -> str:
    if uneventful(record):
        return _NOTHING_NEW
    known = (*record.verdict.baselines, *record.references)
    if record.verdict.first_model and all(each.state == "none" and each.reason is None for each in known):
        return (
            "its first model" if len(models_of(record)) == 1 and models_of(record)[0] else "the first model"
        )
    return gate_counts(record.verdict)


def _whose(record: Check) -> str | None:
    several = models_of(record)
    return several[0] if len(several) == 1 else f"{len(several)} models" if several else None


def _joined(subject: str | None, text: str) -> str:
    return text if subject is None else f"{subject}, {text}"
