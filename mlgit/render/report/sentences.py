"""Sentences: what a note says in the heading of a report and in its list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.gates.verdict import Note, Result

_SUBJECTS = re.compile(r"((?:`[^`]+`, )*`[^`]+`(?: and \d+ more)?)(?: of `[^`]+`)?: ")
_SHORT = {
    "gate_repointed": "gate {} was repointed",
    "evidence_weakened": "the evidence for {} is weaker",
    "number_of_another_model": "the number of {} knows nothing of the model",
    "baseline_emptied": "{} has nothing to compare with any more",
    "newer_tag_refused": "{} compares with an older version, because a newer tag does not count",
    "baseline_older": "{} compares with an older commit",
    "baseline_not_passed": "{} compares with a version that did not pass its gates",
    "baseline_frozen": "{} compares with an environment that trunk no longer declares",
    "reference_edited": "what {} compares with was edited",
}
_LABELS = {
    "gate_repointed": "Gate repointed",
    "gates_loosened": "Gate loosened",
    "evidence_weakened": "Evidence weakened",
    "number_of_another_model": "Not a number of the model",
    "reference_edited": "Reference edited",
}
_OTHERWISE = ("gate_repointed", "evidence_weakened", "reference_edited")
_NAME = re.compile(r"`([^`]+)`")
_NAMES = frozenset({"Git", "Markdown", "Python"})


def note_reason(note: Note) -> str:
    """What a note says, shorter if its details follow below the heading."""
    if note.model is not None and note.message.startswith(f"No gate applies to `{note.model}`, so"):
        return "no gate applies, so every change passes"
    if note.code == "target_moved_on":
        return lower_first(note.message.partition(": ")[0])
    found = _SUBJECTS.match(note.message)
    short_form = _SHORT.get(note.code)
    if found is not None and short_form is not None:
        several = note.code == "gate_repointed" and len(_NAME.findall(found[1])) > 1
        return f"gates {found[1]} were repointed" if several else short_form.format(found[1])
    return lower_first(note.message)


def label_of(note: Note) -> str:
    """What a finding about gates is, in two words; empty if its message says so itself."""
    return _LABELS.get(note.code, "") if _SUBJECTS.match(note.message) else ""


def otherwise(notes: Iterable[Note]) -> set[tuple[str, str | None]]:
    """The gates, with their model, that do not check what they checked before the change."""
    found = set()
    for note in notes:
        match = _SUBJECTS.match(note.message) if note.code in _OTHERWISE else None
        names = [] if match is None else _NAME.findall(match[1])
        found |= {(name, note.model) for name in names}
    return found


def checked_otherwise(results: Iterable[Result], notes: Iterable[Note]) -> int:
    """How many gates passed that do not check what they checked before the change."""
    found = otherwise(notes)
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
