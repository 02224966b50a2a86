"""Reason: the decision of a verdict in words, its worst reason, and its gates in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.evaluate import IN_ENVIRONMENT
from mlgit.core.gates.headline import headline, passed_or_skipped, split_notes
from mlgit.core.gates.verdict import Note
from mlgit.core.overview.gate_text import limit_text, numbers, spoken
from mlgit.core.wording import count, first_clauses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Baseline, Bound, Decision, Effect, Result, Verdict
    from mlgit.core.overview.status import VerdictCounts

_LONGEST_NOTE = 120
ONLY_HERE = ("unknown_here", "history_too_shallow", "not_fetched")
"""Reasons why a gate cannot be evaluated in this clone, though perhaps in another one."""


def decision(verdict: Verdict) -> str:
    """`Allowed`, `Allowed, 1 warning` or `Blocked`, and for what else than a merge."""
    purpose = {"check": "", "release": " for a release", "promote": f" for {verdict.environment}"}
    words = "Blocked" if verdict.decision == "block" else "Allowed"
    words += purpose[verdict.purpose]
    return words if verdict.decision != "allow_with_warnings" else f"{words}, {_warnings(verdict)}"


def conclusion(verdict: Verdict) -> str:
    """`tumor, AUC fell from 0.9955 to 0.9686; 2 of 4 gates failed, 1 warning`."""
    models = [name for name in dict.fromkeys(each.model for each in verdict.results) if name is not None]
    worst = worst_of(verdict)
    owners = [worst.model] if worst is not None and worst.model is not None else models
    subject = f"{owners[0]}, " if len(owners) == 1 else f"{len(owners)} models, " if owners else ""
    why, counted = reason(verdict, places=True), counts(verdict)
    if why is not None and len(owners) == 1:
        why = why.replace(f"` of `{owners[0]}`: ", "`: ", 1)
    if verdict.decision != "block" or why is None:
        return subject + (why or counted)
    blocking = [each for each in verdict.results if each.effect == "block"]
    blocked = len({each.model for each in blocking})
    if blocked and len(models) > 1:
        counted += f" ({blocked} of {len(models)} models)"
    elif blocking and _says_all(blocking) and (blocking[0].reason == "stale" or not only_warn(verdict)):
        counted = ""
    texts = [text for text in (counted, _warnings(verdict)) if text]
    return subject + why + (f"; {', '.join(texts)}" if texts else "")


def _says_all(blocking: Sequence[Result]) -> bool:
    """Whether the reason is that of every gate that blocks, and counts them."""
    if blocking[0].outcome == "fail":
        return False
    why = _own_message(blocking[0])
    return len(blocking) == 1 or {(each.reason, _own_message(each)) for each in blocking} == {("stale", why)}


def _own_message(result: Result) -> str:
    """The message without the clause about a waiver of this one gate."""
    return result.message.removesuffix(f"; {result.unwaived}")


def counts(verdict: Verdict) -> str:
    """`2 of 4 gates failed`, `2 of 4 gates passed, 1 skipped (new metric), 1 waived`."""
    found = verdict.summary
    gates = count(found.gates, "gate")
    if not found.gates:
        return "no gates were evaluated"
    blocking = [each for each in verdict.results if each.effect == "block"]
    failed = sum(each.outcome == "fail" for each in blocking)
    if not blocking:
        return passed_or_skipped(verdict) + (f", {found.waived} waived" if found.waived else "")
    if not failed:
        return cannot_be_evaluated(verdict)
    others = len(blocking) - failed
    return f"{failed} of {gates} failed" + (f", {others} cannot be evaluated" if others else "")


def cannot_be_evaluated(verdict: Verdict) -> str:
    """`4 of 4 gates cannot be evaluated`, with those that only warn."""
    errors = sum(each.outcome == "error" and each.effect in {"block", "warn"} for each in verdict.results)
    mild = only_warn(verdict)
    aside = f" ({count(mild, 'only warns', 'only warn')})" if mild else ""
    return f"{errors} of {count(verdict.summary.gates, 'gate')} cannot be evaluated{aside}"


def only_warn(verdict: Verdict) -> int:
    """How many of the gates that `cannot_be_evaluated` counts are warnings."""
    blocking = [each for each in verdict.results if each.effect == "block"]
    if not blocking or any(each.outcome != "error" for each in blocking):
        return 0
    return sum(each.outcome == "error" and each.effect == "warn" for each in verdict.results)


def reason(verdict: Verdict, *, places: bool = False) -> str | None:
    """The worst thing that the verdict found, in a sentence; None if there is nothing.

    With `places`, a number of another version than the base names it.
    """
    worst = worst_of(verdict)
    if worst is None:
        return None
    if isinstance(worst, Note):
        return _of_note(worst)
    return result_reason(worst, verdict, places=places)


def result_reason(result: Result, verdict: Verdict, *, places: bool = False) -> str:
    """Why a gate did not pass: `AUC fell from 0.9955 to 0.9686`; `places` is as in `reason`."""
    # Which gates read the numbers of a stale stage does not depend on how much they count.
    alike = [each for each in verdict.results if each.effect == result.effect or each.reason == "stale"]
    return _of_result(result, alike, several=_several(verdict), places=places)


def way_out(verdict: Verdict) -> str | None:
    """The command of a hint that ends what blocks first; None if no hint is a command."""
    blocking = [each for each in sorted_results(verdict) if each.effect == "block"]
    first = next((each for each in blocking if each.reason in ONLY_HERE), None)
    worst = first if first is not None and blocking[0].outcome != "fail" else next(iter(blocking), None)
    hints = [note.hint for note in verdict.notes if note.effect == "block"]
    for hint in [worst.hint] if worst is not None else hints:
        if hint is not None and hint.startswith("run `"):
            command = hint.removeprefix("run `").partition("`")[0]
            return None if {"NAME", "URL"} & {*command.split()} else command
    return None


def _lacking(verdict: Verdict) -> str | None:
    """The way out, if this clone lacks something because of which a gate cannot be evaluated."""
    blocking = [each for each in verdict.results if each.effect == "block"]
    failed = any(each.outcome == "fail" for each in blocking)
    return way_out(verdict) if not failed and any(each.reason in ONLY_HERE for each in blocking) else None


def worst_of(verdict: Verdict) -> Result | Note | None:
    """What decides the verdict; a warning about what is compared weighs more than one of a gate."""
    wanted: dict[Decision, tuple[Effect, ...]] = {
        "block": ("block",),
        "allow_with_warnings": ("warn", "waived"),
        "allow": (),
    }
    effects = wanted[verdict.decision]
    findings, others = split_notes(verdict.notes)
    notes = [note for note in (*findings, *others) if note.effect in effects]
    results = [result for result in sorted_results(verdict) if result.effect in effects]
    weighty = verdict.decision != "block" and bool(findings) and findings[0].effect == "warn"
    first, second = (notes, results) if weighty else (results, notes)
    return next(iter([*first, *second]), None)


def glance(verdict: Verdict) -> VerdictCounts:
    """The verdict as `mlgit status` shows it."""
    from mlgit.core.overview.status import VerdictCounts

    found = verdict.summary
    results = [each for each in sorted_results(verdict) if each.candidate is not None]
    by_hand = {each.file for each in results if each.made_by_hand and each.file is not None}
    shown = {note.message for note in verdict.notes if note.code == "not_proven"}
    return VerdictCounts(
        decision=verdict.decision,
        headline=headline(verdict),
        gates=found.gates,
        blocking=found.blocking,
        warnings=found.warnings,
        passed=found.passed,
        failed=found.failed,
        errors=found.errors,
        skipped=found.skipped,
        counted=counts(verdict),
        reason=reason(verdict, places=True),
        gated=tuple(dict.fromkeys(f"{each.file}:{each.key}" for each in results)),
        not_proven=tuple(sorted(by_hand)) if shown else (),
        repair=_lacking(verdict),
    )


def sorted_results(verdict: Verdict) -> list[Result]:
    """The results: blocking ones first (failed before errors), then warnings, passed and skipped ones.

    Of those that failed, first the ones against a live version, then those furthest beyond their limit.
    """
    live = {(each.vs, each.model) for each in verdict.baselines if each.rule.startswith(IN_ENVIRONMENT)}

    def kind(each: Result) -> int:
        return 0 if (each.vs, each.model) in live else 1 if each.vs is not None else 2

    effects = ("block", "warn", "waived", "note", "allow")
    outcomes = ("fail", "inconclusive", "error", "pass", "skipped")
    return sorted(
        verdict.results,
        key=lambda each: (
            effects.index(each.effect),
            outcomes.index(each.outcome),
            min(kind(each), 1) if each.outcome == "fail" else 0,
            -_beyond(each) if each.outcome == "fail" else 0,
            kind(each),
            each.id,
        ),
    )


def gate_name(result: Result, *, several: bool) -> str:
    """The gate's name; with its model if there are several."""
    return result.id if several else result.gate


def baseline_name(baseline: Baseline) -> str:
    """`base bd34b26`, `prod v1.0.0`: a baseline that was found."""
    if baseline.vs.startswith("file:"):
        return baseline.vs.removeprefix("file:")
    inner = baseline.label.removeprefix(f"{baseline.vs} (").removesuffix(")")
    version = inner.rpartition("@")[2] if baseline.model and inner != baseline.label else inner
    return version if version == baseline.vs else f"{baseline.vs} {version}"


def broken_bound(result: Result) -> Bound | None:
    """The limit that a failed gate does not keep."""
    kind = (result.reason or "").removesuffix("_broken")
    kind = {"below_minimum": "min", "above_maximum": "max"}.get(kind, kind)
    return next((bound for bound in result.limits if bound.kind == kind), None)


def _several(verdict: Verdict) -> bool:
    return len({result.model for result in verdict.results}) > 1


def _warnings(verdict: Verdict) -> str:
    found = verdict.summary
    warnings = found.warnings - only_warn(verdict)
    texts = [count(warnings, "warning")] if warnings else []
    return ", ".join([*texts, *([f"{found.waived} waived"] if found.waived else [])])


def _beyond(result: Result) -> float:
    """How far the number is beyond its limit, as a multiple of the limit."""
    bound = broken_bound(result)
    measured = result.candidate if result.change is None else result.change
    if bound is None or bound.allowed is None or measured is None:
        return 0.0
    try:
        limit, number, base = float(bound.allowed), float(measured), float(result.baseline or 0)
    except ValueError:  # a number of another program, such as `NaN12`
        return 0.0
    signed = -limit if bound.kind in {"max_drop", "min_drop"} else limit
    far = abs(number - signed)
    if far != far:  # noqa: PLR0124 (infinity less infinity)
        return 0.0
    if limit:
        return far / abs(limit)
    # Of a limit of 0 nothing is a multiple; a tiny change of a number is not far.
    return far / abs(base) if base else float("inf")


def _of_result(result: Result, results: Sequence[Result], *, several: bool, places: bool) -> str:
    name = gate_name(result, several=several)
    if result.reason == "stale" and result.message.startswith("Stage `"):
        stage = result.message.removeprefix("Stage `").partition("`")[0]
        why = _own_message(result)
        alike = sum(each.reason == "stale" and _own_message(each) == why for each in results)
        return f"{stage} is stale, and {count(alike, 'gate reads', 'gates read')} its numbers"
    if result.reason in ONLY_HERE:
        return f"{name} cannot be evaluated in this clone"
    if result.reason == "unknown_metric":
        return f"{name} reads {result.metric}, which is missing"
    if result.outcome == "fail" and result.candidate is not None:
        return _failed(result, places=places)
    return f"{name}: {_lower(result.message)}"


def _failed(result: Result, *, places: bool) -> str:
    """`AUC fell from 0.9955 to 0.9686`."""
    old, new = numbers(result)
    name, bound = spoken(result.metric), broken_bound(result)
    limit = "" if bound is None else f", {limit_text(bound)}"
    if old is None or result.change is None:
        return f"{name} is {new}{limit}"
    where = f" ({result.vs})" if places and result.vs not in {None, "base"} else ""
    if result.change == "0":
        return f"{name} stayed at {new}{limit}"
    fell = result.change.startswith("-")
    too_little = bound is not None and bound.kind == ("min_drop" if fell else "min_rise")
    verb = f"{'fell' if fell else 'rose'}{' only' if too_little else ''}"
    return f"{name} {verb} from {old}{where} to {new}{limit if too_little else ''}"


def _of_note(note: Note) -> str:
    """The message; of a long one the beginning, if possible whole clauses, which ends with `…`."""
    if note.code == "gate_repointed" and note.gate is not None:
        changed = note.message.startswith(f"Gate `{note.gate}` was changed: ")  # what it reads is the same
        return f"gate {note.gate} was {'changed' if changed else 'repointed'}"
    return _lower(first_clauses(note.message, _LONGEST_NOTE))


def _lower(text: str) -> str:
    """The text as the middle of a sentence; names and abbreviations keep their case."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
