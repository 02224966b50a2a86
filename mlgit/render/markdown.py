"""Markdown: the report that stands on a pull request, read in five seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.metrics import short
from mlgit.core.verdict import headline
from mlgit.render.escape import code, prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.verdict import Check, Decision, Effect, MetricChange, Note, Result, Verdict
    from mlgit.errors import MlgitError

BUDGET_BYTES = 60_000
_MARKS: dict[Decision, str] = {"allow": "✅", "allow_with_warnings": "⚠️", "block": "❌"}
_EFFECTS: dict[Effect, str] = {"block": "❌", "warn": "⚠️", "waived": "⚠️", "note": "▫️", "allow": ""}
_RANK: dict[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}
_HEADER = ("| | metric | base | this | change | gate |", "|---|---|---:|---:|---:|---|")
_KEY = re.compile(r"[^A-Za-z0-9_./-]")


class _Row(NamedTuple):
    """A row of the main table; `unchanged` ones go first when room is short."""

    text: str
    unchanged: bool


def marker(key: str) -> str:
    """The hidden comment by which a report finds the comment it wrote before."""
    return f"<!-- mlgit-report:{_KEY.sub('-', key)[:200]} -->"


def markdown(record: Check, *, key: str = "mlgit", budget_bytes: int = BUDGET_BYTES) -> str:
    """The report, at most `budget_bytes` long in UTF-8.

    Room is made in this order: unchanged rows, details, rows of the main table. Whole rows and whole
    blocks are left out, so that no fence or table is ever cut.
    """
    verdict = record.verdict
    top = [f"### {_MARKS[verdict.decision]} {prose(headline(verdict))}", ""]
    rows = _rows(record)
    middle = [*_lines(record), *_notes(verdict.notes)]
    bottom = [*_next(verdict), *_footer(record, key)]
    details = _details(record)
    for shown, extra in ((rows, details), ([row for row in rows if not row.unchanged], details)):
        text = _join(top, _table(shown, len(rows) - len(shown)), middle, extra, bottom)
        if _size(text) <= budget_bytes:
            return text
    few = [row for row in rows if not row.unchanged]
    while True:
        text = _join(top, _table(few, len(rows) - len(few)), middle, [_left_out("Details")], bottom)
        if _size(text) <= budget_bytes or (not few and not middle):
            return text
        few, middle = (few[: len(few) // 2], middle) if few else (few, middle[: len(middle) // 2])


def failure(error: MlgitError, *, key: str = "mlgit") -> str:
    """The report when no verdict can be formed, so that no green one of before remains."""
    place = "" if error.location is None else f" ({code(str(error.location))})"
    lines = [f"### ❌ No verdict: {prose(error.message)}{place}", ""]
    lines += [f"- expected: {prose(error.expected)}"] if error.expected else []
    lines += [f"- {prose(detail)}" for detail in error.details[:20]]
    lines += [f"- hint: {prose(error.hint)}"] if error.hint else []
    problems: Sequence[MlgitError] = getattr(error, "problems", ())
    lines += [f"- {code(str(other.location or ''))}: {prose(other.message)}" for other in problems[1:20]]
    return "\n".join([*lines, "", f"<sub>exit code {error.exit_code}</sub>", "", marker(key), ""])


def _join(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _left_out(what: str) -> str:
    return f"<sub>{what} left out to keep the report short; `mlgit check` shows everything</sub>\n"


def _rows(record: Check) -> list[_Row]:
    """Failed, inconclusive and changed metrics; the gate's message where one is not passed."""
    changes = {(change.model, change.file, change.key): change for change in record.metrics}
    results = sorted(record.verdict.results, key=lambda result: (_RANK[result.effect], result.id))
    rows = [
        _result_row(result, changes.get((result.model, result.file or "", result.key or "")))
        for result in results
        if result.outcome not in {"pass", "skipped"}
    ]
    told = {
        (result.model, result.file, result.key)
        for result in results
        if result.outcome not in {"pass", "skipped"}
    }
    several = len({change.model for change in record.metrics}) > 1
    for change in record.metrics:
        if change.changed and (change.model, change.file, change.key) not in told:
            gates = [
                code(result.id)
                for result in results
                if (result.model, result.file, result.key) == (change.model, change.file, change.key)
            ]
            rows.append(_Row(_change_row(change, ", ".join(gates), several=several), unchanged=True))
    return rows


def _result_row(result: Result, change: MetricChange | None) -> _Row:
    old = result.baseline if result.baseline is not None else change.baseline if change else None
    moved = result.change if result.change is not None else change.change if change else None
    cells = (
        _EFFECTS[result.effect],
        code(result.metric),
        _number(old),
        _number(result.candidate),
        _signed(moved),
        f"{code(result.id)}: {prose(result.message)}{_aside(result)}",
    )
    return _Row(_cells(cells), unchanged=False)


def _aside(result: Result) -> str:
    parts = [f"waived by {code(result.waiver)}"] if result.waiver else []
    parts += [prose(result.hint)] if result.hint else []
    return f" ({'; '.join(parts)})" if parts else ""


def _change_row(change: MetricChange, gates: str, *, several: bool) -> str:
    name = f"{change.model}: {change.key}" if several and change.model else change.key
    arrow = {True: "better", False: "worse", None: ""}[change.better]
    moved = f"{_signed(change.change)} {arrow}".strip()
    return _cells(("", code(name), _number(change.baseline), _number(change.candidate), moved, gates))


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: str | None) -> str:
    return "-" if value is None else short(value)


def _signed(value: str | None) -> str:
    if value is None:
        return ""
    shown = short(value)
    return shown if shown.startswith("-") or shown == "0" else f"+{shown}"


def _table(rows: Sequence[_Row], left_out: int) -> list[str]:
    if not rows and not left_out:
        return ["No gate failed and no metric changed.", ""]
    lines = [*_HEADER, *(row.text for row in rows), ""] if rows else []
    return [*lines, _left_out(f"{left_out} rows")] if left_out else lines


def _lines(record: Check) -> list[str]:
    lines = [f"**{what}**: {prose(text)}  " for what, text in sorted(record.changes.items())]
    return [*lines, ""] if lines else []


def _notes(notes: Sequence[Note]) -> list[str]:
    lines = []
    for note in sorted(notes, key=lambda note: _RANK[note.effect]):
        by = f" (waived by {code(note.waiver)})" if note.effect == "waived" and note.waiver else ""
        hint = f"; {prose(note.hint)}" if note.hint else ""
        lines.append(f"- {_EFFECTS[note.effect]} {prose(note.message)}{by}{hint}".replace("-  ", "- "))
    return [*lines, ""] if lines else []


def _details(record: Check) -> list[str]:
    lines: list[str] = []
    if record.verdict.results:
        lines += [f"<details><summary>All gates ({len(record.verdict.results)})</summary>", ""]
        lines += ["| gate | outcome | what it says |", "|---|---|---|"]
        lines += [
            _cells((code(result.id), result.outcome, prose(result.message)))
            for result in record.verdict.results
        ]
        lines += ["", "</details>", ""]
    if record.metrics:
        lines += [f"<details><summary>All metrics ({len(record.metrics)})</summary>", ""]
        lines += ["| metric | base | this | change |", "|---|---:|---:|---:|"]
        for change in record.metrics:
            owner = f"{change.model} " if change.model else ""
            name = code(f"{owner}{change.file}:{change.key}")
            lines.append(
                _cells((name, _number(change.baseline), _number(change.candidate), _signed(change.change)))
            )
        lines += ["", "</details>", ""]
    return lines


def _next(verdict: Verdict) -> list[str]:
    """The commands to copy: reproduce this, see why, go on."""
    commands = [" ".join(["mlgit check", *_options(verdict)])]
    blocking = [result for result in verdict.results if result.effect == "block"]
    models = sorted({result.model for result in verdict.results if result.model})
    if blocking:
        commands.append(" ".join([commands[0], "--explain", _word(blocking[0].id)]))
    elif verdict.purpose == "check" and models:
        commands += [f"mlgit release {_word(model)}  # after the merge" for model in models[:3]]
    return ["```sh", *commands, "```", ""]


def _options(verdict: Verdict) -> list[str]:
    options = []
    base = next((each.commit for each in verdict.baselines if each.vs == "base" and each.commit), None)
    if verdict.purpose == "promote" and verdict.environment:
        options += ["--promote-to", _word(verdict.environment)]
    elif verdict.purpose == "release":
        options += ["--purpose", "release"]
    elif base:
        options += ["--base", base[:12]]
    if verdict.candidate.commit:
        options += ["--rev", verdict.candidate.commit[:12]]
    return options


def _word(text: str) -> str:
    """A word for a shell line: names of gates, models and environments; anything else loses its sting."""
    return _KEY.sub("?", text)


def _footer(record: Check, key: str) -> list[str]:
    verdict = record.verdict
    known = (*verdict.baselines, *record.beside)
    base = next((each.commit for each in known if each.vs == "base" and each.commit), None)
    parts = [f"{base[:7] if base else 'no base'}…{verdict.candidate.place}"]
    if verdict.policy.waivers:
        parts.append(f"trunk {verdict.policy.waivers[:7]}")
    parts += [f"gates {verdict.gates_sha[:7]}", verdict.evaluated_on.isoformat()]
    parts += [f"{name} {prose(version)}" for name, version in sorted(record.tools.items())]
    return [f"<sub>{' · '.join(parts)}</sub>", "", marker(key)]
