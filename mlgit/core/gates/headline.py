"""Headline: a verdict in one line, and the findings below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.gates.verdict import Effect, Note, Result, Verdict

FINDINGS = (
    "trunk_unknown",
    "trunk_guessed",
    "trunk_config_invalid",
    "merge_config_invalid",
    "target_not_read",
    "gate_repointed",
    "gates_loosened",
    "evidence_weakened",
    "number_of_another_model",
    "baseline_emptied",
    "newer_tag_refused",
    "baseline_older",
    "baseline_not_passed",
    "baseline_frozen",
    "target_moved_on",
    "baseline_held",
    "baseline_deregistered",
    "baseline_unmerged",
    "baseline_unpromoted",
    "baseline_taken_out",
    "baseline_off_trunk",
    "baseline_of_change",
    "baseline_renamed",
    "reference_edited",
    "policy_changed",
    "environment_added",
    "program_edited",
    "one_command",
    "dvc_settings_changed",
    "git_settings_changed",
    "stage_changed",
    "code_changed",
    "data_changed",
    "params_changed",
    "other_files_changed",
    "model_changed_metrics_did_not",
    "waiver_by_author",
    "token_visible",
    "name_refused",
    "model_not_found",
    "no_gates",
    "gate_not_evaluated",
    "config_not_read",
    "waivers_not_read",
    "trunk_waivers_invalid",
    "waivers_changed",
    "older_gates",
    "merge_not_confirmed",
    "merge_confirmed",
    "tags_will_not_count",
    "not_proven",
)
"""Codes of the notes about what is compared: a report and `check` show them first, in this order."""

# The reason of a result -> the code of the note that explains it.
_CAUSES = {"stale": "stale_stage", "not_from_pipeline": "not_from_pipeline"}
_RANK: Mapping[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}


def headline(verdict: Verdict) -> str:
    """The verdict in one line, the worst first: `tumor: 1 of 6 gates failed: auc 0.971 -> 0.958 (…)`."""
    summary = verdict.summary
    bad = [result for result in verdict.results if result.effect == "block"]
    stopping = [note for note in verdict.notes if note.effect == "block"]
    if bad:
        verb = "failed" if all(result.outcome == "fail" for result in bad) else "did not pass"
        shown = _causes(bad, stopping) or bad
        more = f" (and {len(shown) - 1} more)" if len(shown) > 1 else ""
        failed = f"{len(bad)} of {count(summary.gates, 'gate')} {verb}"
        return f"{_subject(bad)}{failed}: {shown[0].message}{more}"
    if stopping:
        return stopping[0].message
    if not summary.gates:
        return "No gates were evaluated"
    text = passed_or_skipped(verdict)
    text += f", {summary.waived} waived" if summary.waived else ""
    text += f", {count(summary.warnings, 'warning')}" if summary.warnings else ""
    return f"{_subject(verdict.results)}{text}"


def passed_or_skipped(verdict: Verdict) -> str:
    """`3 of 4 gates passed, 1 skipped (new metric)`; if all were skipped, only how many and why."""
    summary = verdict.summary
    reason = _why_skipped(verdict)
    aside = f" ({reason})" if reason else ""
    if summary.skipped == summary.gates:
        return f"{count(summary.skipped, 'gate')} skipped{aside}"
    text = f"{summary.passed} of {count(summary.gates, 'gate')} passed"
    return text + (f", {summary.skipped} skipped{aside}" if summary.skipped else "")


def _why_skipped(verdict: Verdict) -> str:
    """Why gates were skipped, if it is the same for all of them."""
    skipped = [result for result in verdict.results if result.outcome == "skipped"]
    reasons = {result.reason for result in skipped}
    if reasons == {"new_metric"}:
        return "new metric" if len({result.metric for result in skipped}) == 1 else "new metrics"
    if reasons != {"no_baseline"}:
        return ""
    released = any(result.vs in {"base", "release"} for result in skipped)
    first = released and verdict.first_model and verdict.purpose == "release"
    return "no earlier version to compare with" if first else "nothing to compare with"


def split_notes(notes: Iterable[Note]) -> tuple[list[Note], list[Note]]:
    """The findings, the worst first, and all other notes."""
    ordered = list(notes)
    findings = [note for note in ordered if note.code in FINDINGS]
    findings.sort(key=lambda note: (_RANK[note.effect], FINDINGS.index(note.code)))
    return findings, [note for note in ordered if note.code not in FINDINGS]


def without_findings(result: Result, notes: Iterable[Note]) -> Result:
    """The result with only the first words of its message where a finding above the gates ends with it."""
    first, found, _ = result.message.partition(": ")
    above = found and any(note.code in FINDINGS and note.message.endswith(result.message) for note in notes)
    return replace(result, message=f"{first}, as above") if above else result


def _causes(bad: Sequence[Result], stopping: Iterable[Note]) -> Sequence[Note]:
    """Notes of the pipeline's proof, if gates block only because their numbers cannot be trusted."""
    reasons = {result.reason for result in bad}
    if not reasons <= _CAUSES.keys():
        return ()
    codes = {code for reason, code in _CAUSES.items() if reason in reasons} | {"lock_missing"}
    known = [note for note in stopping if note.code in codes]
    return [note for note in known if note.code == known[0].code]


def _subject(results: tuple[Result, ...] | list[Result]) -> str:
    names = {result.model for result in results}
    return f"{name}: " if len(names) == 1 and (name := next(iter(names))) else ""
