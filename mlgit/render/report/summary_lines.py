"""Words: data, params and models in a line each, notes, and what could not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.escape import code, prose
from mlgit.render.report.layout import EFFECTS, RANK, left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check, Note
    from mlgit.render.report.layout import DetailLevel, ReportContext

_ORDER = ("data", "params", "model")
_TOLD_BY_NOTES = ("loosened", "removed")
_FORK = (
    "> **Computed by fork code.** These numbers were made by the fork's own run; nothing here was repeated"
    " by this repository."
)
_FIRST = (
    "The first model: there is nothing to compare it with yet. Gates that compare begin with the next change."
)


def provenance(context: ReportContext) -> list[str]:
    """That nobody here vouches for the numbers."""
    return [_FORK] if context.untrusted else []


def lines(record: Check) -> list[str]:
    """One line each about data, params and models; those that did not change share one."""
    ordered = [*(what for what in _ORDER if what in record.changes), *sorted({*record.changes} - {*_ORDER})]
    changed = {what: record.changes[what] for what in ordered if record.changes[what] != "unchanged"}
    same = [what for what in ordered if what not in changed]
    found = [f"- **{prose(what)}**: {prose(text)}" for what, text in changed.items()]
    gates = [prose(each.message) for each in record.verdict.gates_changed if each.kind not in _TOLD_BY_NOTES]
    found += [f"- **gates**: {'; '.join(gates[:5])}{' …' if len(gates) > 5 else ''}"] if gates else []  # noqa: PLR2004
    found += [f"- {', '.join(f'**{prose(what)}**' for what in same)}: unchanged"] if same else []
    return found


def beginning(record: Check) -> list[str]:
    """That there is nothing to compare with yet."""
    if not record.verdict.first_model:
        return []
    return [_FIRST]


def notes(found: Sequence[Note], level: DetailLevel) -> list[str]:
    """Notes, worst first."""
    ordered = sorted(found, key=lambda note: RANK[note.effect])
    return [*(_note(note) for note in ordered[: level.rows]), *left_out(len(ordered) - level.rows, "notes")]


def unseen(context: ReportContext) -> list[str]:
    """What could not be looked at here, a line each."""
    return [f"- Not checked: {prose(reason)}" for reason in context.skipped[:10]]


def _note(note: Note) -> str:
    by = f" (waived by {code(note.waiver)})" if note.effect == "waived" and note.waiver else ""
    hint = f"; {prose(note.hint)}" if note.hint else ""
    mark = f"{EFFECTS[note.effect]} " if note.effect in {"block", "warn", "waived"} else ""
    return f"- {mark}{prose(note.message)}{by}{hint}"
