"""Sentences: why a result or a note matters, as the heading of a report says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.limits import KINDS
from mlgit.core.pipeline.metrics import short
from mlgit.render.report.layout import decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.gates.verdict import Bound, Note, Result

_IN_SENTENCES = {
    "auc": "AUC",
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "f1": "F1",
    "mae": "MAE",
    "mape": "MAPE",
    "mse": "MSE",
    "rmse": "RMSE",
    "mcc": "MCC",
    "iou": "IoU",
    "wer": "WER",
    "cer": "CER",
    "bleu": "BLEU",
    "r2": "R²",
}
# What this clone lacks, so that another clone may well evaluate the gate.
_NOT_HERE = ("unknown_here", "history_too_shallow", "not_fetched")
_SUBJECTS = re.compile(r"((?:`[^`]+`, )*`[^`]+`(?: and \d+ more)?)(?: of `[^`]+`)?: ")
_SHORT = {
    "gate_repointed": "gate {} was repointed",
    "evidence_weakened": "the evidence for {} is weaker",
    "baseline_emptied": "{} has nothing to compare with any more",
    "newer_tag_refused": "{} compares with an older version, because a newer tag does not count",
    "baseline_older": "{} compares with an older commit",
    "reference_edited": "what {} compares with was edited",
}
_LABELS = {
    "gate_repointed": "Gate repointed",
    "gates_loosened": "Gate loosened",
    "evidence_weakened": "Evidence weakened",
    "reference_edited": "Reference edited",
}
_OTHERWISE = ("gate_repointed", "evidence_weakened", "reference_edited")
_NAME = re.compile(r"`([^`]+)`")
_NAMES = frozenset({"Git", "Markdown", "Python"})


def metric_name(name: str) -> str:
    """A metric as a sentence has it: `AUC`, `F1`; others as in the file."""
    return _IN_SENTENCES.get(name, f"`{name}`")


def limit_text(bound: Bound) -> str:
    """A limit in the words of mlgit.yaml: `max_drop 0.005`, `max_rise 2%`."""
    return f"{bound.kind} {bound.amount}{'%' if bound.percent else ''}"


def result_reason(result: Result, others: Sequence[Result] = ()) -> str:
    """Why a gate did not pass: `AUC fell from 0.9955 to 0.9686`; `others` are the results of all gates."""
    if result.reason == "stale":
        return _stale(result, others)
    if result.outcome == "error" or result.candidate is None:
        return _error(result)
    name, limits = metric_name(result.metric), ", ".join(map(limit_text, result.limits))
    if result.baseline is None:
        return f"{name} is {short(decimal(result.candidate))}, {limits}" if limits else result.message
    before, after = decimal(result.baseline), decimal(result.candidate)
    change = decimal(result.change or "NaN")
    if not change.is_finite():
        return result.message
    if not change:
        return f"{name} stayed at {short(after)}, {limits}"
    verb = "fell" if change < 0 else "rose"
    text = f"{name} {verb} from {short(before, apart_from=(after,))} to {short(after, apart_from=(before,))}"
    enough = any(KINDS[bound.kind].side == "least" for bound in result.limits)
    return f"{text}, {limits}" if enough else text


def _stale(result: Result, others: Sequence[Result]) -> str:
    """`stage evaluate is stale, and 4 gates read its numbers`; the row of the gate has the reasons."""
    alike = sum(each.message == result.message for each in others)
    reads = f"{alike} gates read" if alike > 1 else f"`{result.gate}` reads"
    return f"{lower_first(result.message.partition(': ')[0])}, and {reads} its numbers"


def _error(result: Result) -> str:
    if result.reason in _NOT_HERE:
        return f"`{result.gate}` cannot be evaluated in this clone"
    if result.reason == "unknown_metric":
        return f"`{result.gate}` reads `{result.metric}`, which is missing"
    return f"`{result.gate}` cannot be evaluated: {lower_first(result.message)}"


def note_reason(note: Note) -> str:
    """What a note says, shorter if its details follow below the heading."""
    if note.model is not None and note.message.startswith(f"No gate applies to `{note.model}`, so"):
        return "no gate applies, so every change passes"
    found = _SUBJECTS.match(note.message)
    short_form = _SHORT.get(note.code)
    if found is not None and short_form is not None:
        return short_form.format(found[1])
    return lower_first(note.message)


def label_of(note: Note) -> str:
    """What a finding about gates is, in two words; empty if its message says so itself."""
    return _LABELS.get(note.code, "") if _SUBJECTS.match(note.message) else ""


def checked_otherwise(results: Iterable[Result], notes: Iterable[Note]) -> int:
    """How many gates passed that do not check what they checked before the change."""
    found = set()
    for note in notes:
        match = _SUBJECTS.match(note.message) if note.code in _OTHERWISE else None
        names = [] if match is None else _NAME.findall(match[1])
        found |= {(name, note.model) for name in names}
    passed = [each for each in results if each.outcome == "pass"]
    return sum(bool({(each.gate, each.model), (each.gate, None)} & found) for each in passed)


def lower_first(text: str) -> str:
    """A sentence as it continues another one: `Stage` becomes `stage`, but not `DVC` and `Git`."""
    first = re.match(r"[A-Za-z]+", text)
    word = "" if first is None else first[0]
    ordinary = word[1:].islower() or word == "A"
    return f"{word.lower()}{text[len(word) :]}" if ordinary and word not in _NAMES else text


def place_of_gate(result: Result) -> str:
    """Where a gate is declared: `mlgit.yaml:9`."""
    return CONFIG_FILE if result.line is None else f"{CONFIG_FILE}:{result.line}"
