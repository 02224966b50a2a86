"""Page of `mlgit check`: the verdict, then the gates that block, then the changes."""

from __future__ import annotations

from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING

from mlgit.core.gates.headline import headline, split_notes
from mlgit.core.pipeline.metrics import rounded, short, signed
from mlgit.render.page import Cell, Page, Span, Style, line, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import (
        Baseline,
        Check,
        Decision,
        Effect,
        MetricChange,
        Note,
        Result,
        Verdict,
    )

WIDTH = 80
_MANY = 20
_VERDICTS: dict[Decision, tuple[str, Style]] = {
    "allow": ("Allowed", "ok"),
    "allow_with_warnings": ("Allowed with warnings", "careful"),
    "block": ("Blocked", "bad"),
}
_RANK: dict[Effect, int] = {"block": 0, "warn": 1, "waived": 2, "note": 3, "allow": 4}
_STYLES: dict[Effect, Style] = {
    "block": "bad",
    "warn": "careful",
    "waived": "careful",
    "note": "",
    "allow": "ok",
}


def page(record: Check) -> Page:
    verdict = record.verdict
    findings, others = split_notes(verdict.notes)
    found: Page = _verdict_line(verdict)
    found += _each(findings)
    found += _compared_with(record)
    found += _gates(verdict)
    found += _metrics(record.metrics)
    found += [line()] if record.changes else []
    found += [
        block
        for part, text in sorted(record.changes.items())
        for block in _wrapped(text, first=Span(f"{part}: ", "dim"), indent=0)
    ]
    found += [line(), line(Span("Notes", "strong")), *_each(others)] if others else []
    blocked = next((result for result in verdict.results if result.effect == "block"), None)
    if blocked is not None:
        found += [line(), line(Span("next: ", "dim"), f"mlgit check --explain {blocked.id}")]
    return found


def sorted_results(verdict: Verdict) -> list[Result]:
    """The results, blocking ones first."""
    return sorted(
        verdict.results, key=lambda result: (_RANK[result.effect], result.outcome == "skipped", result.id)
    )


def delta(change: MetricChange) -> Span:
    if change.change is None:
        return Span(change.appearance, "dim")
    style: Style = "" if change.better is None else "ok" if change.better else "bad"
    return Span(signed(rounded(change.change)), style)


def _verdict_line(verdict: Verdict) -> Page:
    word, style = _VERDICTS[verdict.decision]
    purpose = {"check": "", "release": " for a release", "promote": f" for {verdict.environment}"}
    return _wrapped(headline(verdict), first=Span(f"{word}{purpose[verdict.purpose]}: ", style), indent=0)


def _compared_with(record: Check) -> Page:
    verdict = record.verdict
    baselines = [*verdict.baselines, *(each for each in record.references if _only_reference(each, record))]
    owners: dict[str, list[str]] = {}
    for baseline in baselines:
        text = f"{verdict.candidate.label} against {baseline.vs}"
        if baseline.state == "found":
            text += f" = {baseline.label}, {baseline.rule}"
        else:
            text += f": {baseline.message or baseline.rule}"
        owners.setdefault(text, []).extend([baseline.model] if baseline.model else [])
    found: Page = []
    for text, models in owners.items():
        owner = f"{', '.join(models)}: " if models and len(owners) > 1 else ""
        found += [line(Span(part, "dim")) for part in wrap(owner + text, WIDTH)]
    return found


def _only_reference(baseline: Baseline, record: Check) -> bool:
    """Whether metrics are shown next to this baseline, but no gate names it."""
    return baseline.state == "found" and baseline not in record.verdict.baselines and bool(record.metrics)


def _gates(verdict: Verdict) -> Page:
    results = sorted_results(verdict)
    shown = [result for result in results if result.effect != "allow" or len(results) <= _MANY]
    found: Page = [line(), line(Span("Gates", "strong"))] if shown else []
    width = max((len(_word(result)) for result in shown), default=0) + 2
    for result in shown:
        style: Style = "dim" if result.outcome == "skipped" else _STYLES[result.effect]
        word = Span(_word(result).ljust(width), style)
        name = Span(result.id, "name")
        if 2 + width + len(result.id) + 2 + len(result.message) <= WIDTH:
            found.append(line(word, name, f"  {result.message}", indent=2))
        else:
            found.append(line(word, name, indent=2))
            found += _wrapped(result.message, indent=2 + width)
        if result.hint:
            found += _wrapped(result.hint, first=Span("hint: ", "dim"), indent=2 + width)
    hidden = len(results) - len(shown)
    if hidden:
        found.append(line(Span(f"and {hidden} that passed or were skipped", "dim"), indent=2))
    return found


def _word(result: Result) -> str:
    if result.effect == "waived":
        return f"{result.outcome} (waived by {result.waiver})"
    words = {"warn": f"{result.outcome} (warns)", "note": f"{result.outcome} (info)"}
    return words.get(result.effect, result.outcome)


def _metrics(changes: tuple[MetricChange, ...]) -> Page:
    shown = [change for change in changes if change.changed]
    if not shown:
        return []
    several = len({change.model for change in shown}) > 1
    title = "Changed metrics" if any(change.baseline is not None for change in changes) else "Metrics"
    rows: list[tuple[Cell, ...]] = [
        (
            *([change.model or "-"] if several else []),
            _shortened(f"{change.file}:{change.key}", 40),
            _number(change.baseline, change.candidate),
            _number(change.candidate, change.baseline),
            delta(change),
        )
        for change in shown
    ]
    names = ("model", "metric") if several else ("metric",)
    numbers = range(len(names), len(names) + 3)
    found = table((*names, "base", "this", "change"), rows, right=numbers)
    return [line(), line(Span(title, "strong")), found]


def _number(shown: str | None, other: str | None) -> str:
    return "-" if shown is None else short(shown, apart_from=() if other is None else (Decimal(other),))


def _each(notes: Sequence[Note]) -> Page:
    found: Page = []
    for note in notes:
        style = _STYLES[note.effect]
        word = {"warn": "warning: ", "block": "blocks: ", "waived": f"waived by {note.waiver}: "}
        found += _wrapped(note.message, first=Span(word.get(note.effect, "note: "), style), indent=2)
        if note.hint:
            found += _wrapped(note.hint, first=Span("hint: ", "dim"), indent=4)
    return found


def _wrapped(text: str, *, first: Span | None = None, indent: int) -> Page:
    lead = "" if first is None else first.text
    parts = wrap(
        lead + text, WIDTH - indent, subsequent_indent=" " * min(len(lead), 9), break_on_hyphens=False
    ) or [lead]
    if first is None or not parts[0].startswith(lead.rstrip()):
        return [line(part, indent=indent) for part in parts]
    return [
        line(first, parts[0][len(lead) :], indent=indent),
        *(line(part, indent=indent) for part in parts[1:]),
    ]


def _shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"…{name[1 - width :]}"
