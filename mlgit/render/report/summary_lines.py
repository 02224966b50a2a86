"""Summary lines: params, data, models and outputs in one line each, notes, and things not checked."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

from mlgit.core.compare.git_changes import PARTS, UNCHANGED
from mlgit.render.escape import code, prose
from mlgit.render.report.layout import EFFECTS, RANK, WORDS, DetailLevel, ReportContext, left_out
from mlgit.render.report.sentences import label_of, lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check, Note

_OF_ONE_KIND = 10
_HAVE_NOTES = ("loosened", "removed")
FORK = (
    "> **Computed by fork code.** These numbers were made by the fork's own run; nothing here was repeated"
    " by this repository. The check stays red until someone trusted has read the code, pushed this commit to"
    " a branch of this repository and opened a pull request for it. Then the gates decide."
)


def lines(record: Check) -> list[str]:
    """One line each for params, data, models and outputs; what is unchanged shares the line above it."""
    ordered = [*(name for name in PARTS if name in record.changes), *sorted({*record.changes} - {*PARTS})]
    found: list[str] = []
    same: list[str] = []
    for name in ordered:
        text = record.changes[name]
        if text == UNCHANGED:
            same.append(name)
            continue
        found += _unchanged(found, same)
        found.append(f"- **{prose(name)}**: {prose(text)}")
        same = []
    found += _unchanged(found, same)
    gates = [prose(each.message) for each in record.verdict.gates_changed if each.kind not in _HAVE_NOTES]
    found += [f"- **gates**: {'; '.join(gates[:5])}{' …' if len(gates) > 5 else ''}"] if gates else []  # noqa: PLR2004
    return found


def _unchanged(found: list[str], names: Sequence[str]) -> list[str]:
    """A line about what is unchanged, unless the last line can have it."""
    if not names:
        return []
    text = f"{', '.join(f'**{prose(name)}**' for name in names)}: {UNCHANGED}"
    if not found:
        return [f"- {text}"]
    found[-1] += f"; {text}"
    return []


def notes(found: Sequence[Note], level: DetailLevel) -> list[str]:
    """One line per note, the worst first; very many of one kind come after the first of all others."""
    number: Counter[str] = Counter()
    places = []
    for note in found:
        places.append((RANK[note.effect], number[note.code] // _OF_ONE_KIND))
        number[note.code] += 1
    ordered = [note for _, note in sorted(zip(places, found, strict=True), key=itemgetter(0))]
    return [*(_note(note) for note in ordered[: level.rows]), *left_out(len(ordered) - level.rows, "note")]


def unseen(context: ReportContext) -> list[str]:
    """One line for each thing that could not be checked."""
    return [f"- Not checked: {prose(reason)}" for reason in context.skipped[:10]]


def _note(note: Note) -> str:
    hint = f"; {prose(note.hint)}" if note.hint else ""
    return f"- {_head(note)}{prose(note.message)}{hint}"


def _head(note: Note) -> str:
    """`❌ **Blocked.** `, `⚠️ **Warning, gate repointed.** `: what a note does, and what it found."""
    label = label_of(note)
    if note.effect not in WORDS:
        return f"**{label}.** " if label else ""
    by = f" by {code(note.waiver)}" if note.effect == "waived" and note.waiver else ""
    return (
        f"{EFFECTS[note.effect]} **{WORDS[note.effect]}{by}{f', {lower_first(label)}' if label else ''}.** "
    )
