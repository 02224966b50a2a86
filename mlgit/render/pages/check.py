"""Page of `mlgit check`: findings, gates and changes, and last the verdict."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.compare.change_text import change_text
from mlgit.core.compare.git_changes import PARTS, UNCHANGED
from mlgit.core.gates.headline import split_notes, without_findings
from mlgit.core.overview.gate_text import result_text
from mlgit.core.overview.reason import (
    baseline_name,
    conclusion,
    decision,
    gate_name,
    sorted_results,
    way_out,
)
from mlgit.core.pipeline.metrics import short
from mlgit.core.wording import joined, words
from mlgit.render.page import Page, Span, Style, line
from mlgit.render.pages.shortening import Shortening
from mlgit.render.value_rows import ValueRow, value_table, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
_ROWS, _GATES = 10, 20
_BASELINES = 4
_LONGEST_NAME, _MOST_HANG = 32, 36
_NAMED_BASE = "named by `--base`"
_DECISIONS: dict[Decision, Style] = {"allow": "allowed", "allow_with_warnings": "warned", "block": "blocked"}
_MARKS: dict[Effect, Span] = {
    "block": Span("✗ ", "bad"),
    "warn": Span("! ", "careful"),
    "waived": Span("! ", "careful"),
    "note": Span("  "),
    "allow": Span("✓ ", "ok"),
}


def page(record: Check, *, verbose: bool = False) -> Page:
    """What is compared, what was found, and in the last line the decision with its worst reason.

    `verbose` lists every changed metric, and says how each baseline was chosen.
    """
    verdict = record.verdict
    findings, others = split_notes(verdict.notes)
    parts = (
        _compared(record, verbose=verbose),
        [block for note in findings for block in note_lines(note)],
        _gates(verdict, verbose=verbose),
        _metrics(record, verbose=verbose),
        _changes(record.changes),
        [block for note in others for block in note_lines(note)],
        [*_next(verdict), *_last(verdict)],
    )
    found: Page = []
    for part in parts:
        found += [line(), *part] if part and found else part
    return found


def note_lines(note: Note) -> Page:
    """A note, wrapped, and its hint."""
    words = {"waived": f"waived by {note.waiver}: ", "note": "note: "}
    found: Page = [
        line(
            _MARKS[note.effect] if note.effect != "note" else "",
            words.get(note.effect, ""),
            note.message,
            hang=2,
        )
    ]
    return [*found, *_hint(note.hint, indent=2)]


def _hint(hint: str | None, *, indent: int) -> Page:
    return [line(Span("hint: ", "dim"), hint, indent=indent, hang=6)] if hint else []


def _compared(record: Check, *, verbose: bool) -> Page:
    verdict = record.verdict
    every = [*verdict.baselines, *(each for each in record.references if _only_reference(each, record))]
    found = [each for each in every if each.state == "found"]
    names = _names(found)
    if len(names) > 1 and len(names) <= _BASELINES:
        names = [", ".join(names[:-1]) + f" and {names[-1]}"]
    against = f" against {joined(names, _BASELINES)}" if names else ""
    page: Page = [line(Span(verdict.candidate.label, "strong"), against, hang=2)]
    if verbose:
        rules = dict.fromkeys(f"{baseline_name(each)}: {each.rule}" for each in found)
        page += [line(Span(text, "dim"), indent=2, hang=2) for text in rules]
    named = {result.message for result in verdict.results}
    missing = dict.fromkeys(
        each.message for each in every if each.state not in {"found", "none"} and each.message
    )
    return page + [line(Span("! ", "careful"), text, hang=2) for text in missing if text not in named]


def _names(found: Iterable[Baseline]) -> list[str]:
    """The states that were compared with, with their models where these have different ones of a name."""
    groups: dict[str, dict[str, list[Baseline]]] = {}
    for each in found:
        groups.setdefault(each.vs, {}).setdefault(baseline_name(each), []).append(each)
    names: list[str] = []
    for vs, group in groups.items():
        models = [
            f"{each.model}@{name.removeprefix(f'{vs} ')}"
            for name, same in group.items()
            for each in same
            if each.model and name.startswith(f"{vs} ")
        ]
        apart = len(group) > 1 and len(models) == sum(map(len, group.values()))
        names += [f"{vs} {joined(dict.fromkeys(models), _BASELINES)}"] if apart else group
    return names


def _only_reference(baseline: Baseline, record: Check) -> bool:
    """Whether metrics are shown next to this baseline, but no gate names it."""
    return baseline not in record.verdict.baselines and bool(record.metrics)


def _gates(verdict: Verdict, *, verbose: bool) -> Page:
    results = sorted_results(verdict)
    several = len({result.model for result in results}) > 1
    quiet = [result for result in results if result.effect == "allow"]
    most = len(results) if verbose else max(0, _GATES - len(results) + len(quiet))
    shown = Shortening(whole=verbose).first(quiet, most)
    listed = [*(result for result in results if result.effect != "allow"), *shown]
    outcomes = max((len(result.outcome) for result in listed), default=0)
    names = min(max((len(gate_name(each, several=several)) for each in listed), default=0), _LONGEST_NAME)
    found: Page = []
    known: set[tuple[str, str | None]] = set()
    for result in listed:
        head = f"{result.outcome.ljust(outcomes)}  "
        name = f"{gate_name(result, several=several).ljust(names)}  "
        found += _gate(without_findings(result, verdict.notes), head, name, known)
    if len(shown) < len(quiet):
        rest = f"and {len(quiet) - len(shown)} more that passed or were skipped (-v)"
        found.append(line(Span(rest, "dim"), indent=2))
    return found


def _gate(result: Result, head: str, name: str, known: set[tuple[str, str | None]]) -> Page:
    """One line, and a hint; the message and hint of the line above (`known`) become `as above`."""
    skipped = result.outcome == "skipped"
    loosened = result.breaks is not None and result.effect in {"allow", "note"}
    mark = _MARKS["warn"] if loosened else Span("  ") if skipped else _MARKS[result.effect]
    text = result_text(result)
    repeated = text == result.message and (text, result.hint) in known
    known.clear()
    known.add((text, result.hint))
    indent = min(2 + len(head) + len(name), _MOST_HANG)
    shown = ("as above" if repeated else text) + _effect_words(result)
    found: Page = [line(mark, Span(head, "dim" if skipped else mark.style), name, shown, hang=indent)]
    return found if repeated else [*found, *_hint(result.hint, indent=indent)]


def _effect_words(result: Result) -> str:
    words = {"warn": " (warns only)", "note": " (info)", "waived": f" (waived by {result.waiver})"}
    trunk = f" (would not pass with trunk's {result.breaks})" if result.breaks else ""
    return words.get(result.effect, "") + trunk


def _metrics(record: Check, *, verbose: bool) -> Page:
    """The changed metrics that no gate line shows, the worst first."""
    shown = {
        (each.model, each.file, each.key) for each in record.verdict.results if each.candidate is not None
    }
    changes = [
        each for each in record.metrics if each.changed and (each.model, each.file, each.key) not in shown
    ]
    if not changes:
        return []
    renamed = _renamed(changes)
    changes = [each for each in changes if each not in renamed.values()]
    changes.sort(
        key=lambda each: worst_first(each.change, each.change_percent, better=each.better, lost=each.lost)
    )
    short_list = Shortening(whole=verbose)
    several = len({change.model for change in record.metrics}) > 1
    alike = Counter((each.model, each.key) for each in record.metrics)
    base = {each.model: each.vs for each in record.references if each.state == "found"}
    rows: list[ValueRow] = []
    for change in short_list.first(changes, _ROWS):
        alone = alike[change.model, change.key] == 1
        place = change.key if alone else f"{change.file}:{change.key}"
        name = f"{change.model}: {place}" if several else place
        after = renamed.get((change.model, change.file, change.key))
        if after is None:
            rows.append(_row(name, change, base.get(change.model, "base")))
        else:
            rows.append(_renamed_row(name, change, after))
    return [value_table(rows, indent=2, whole=verbose), *short_list.rest(changes, _ROWS)]


def _renamed(changes: Sequence[MetricChange]) -> Mapping[tuple[str | None, str, str], MetricChange]:
    """The place of each metric that is gone, and the new one that it seems to be now."""
    if not {"gone", "new"} <= {each.appearance for each in changes}:
        return {}
    from mlgit.render.report.tables.renames import renamed_metrics

    return renamed_metrics(changes)


def _renamed_row(name: str, before: MetricChange, after: MetricChange) -> ValueRow:
    old, new = _number(before.baseline, after.candidate), _number(after.candidate, before.baseline)
    return ValueRow(name, old, new, "", f"renamed to {after.key}?", None)


def delta(change: MetricChange) -> str:
    """`+0.0351 (+3.78%)`, or which side has no number."""
    if change.baseline is None or change.candidate is None:
        odd = change.old_text is not None or change.new_text is not None
        return change.appearance or ("changed" if odd else "")
    return change_text(Decimal(change.candidate), Decimal(change.baseline))


def _row(name: str, change: MetricChange, base: str) -> ValueRow:
    note = "" if change.better is None else f"{'better' if change.better else 'worse'} than {base}"
    old = change.old_text or _number(change.baseline, change.candidate)
    new = change.new_text or _number(change.candidate, change.baseline)
    return ValueRow(name, old, new, delta(change), note, change.better)


def _number(shown: str | None, other: str | None) -> str | None:
    return None if shown is None else short(shown, apart_from=() if other is None else (Decimal(other),))


def _changes(texts: Mapping[str, str]) -> Page:
    """One line per part that changed, and one for all that did not."""
    parts = [part for part in PARTS if part in texts]
    same = [part for part in parts if texts[part] == UNCHANGED]
    shown = [(part, texts[part]) for part in [*parts, *sorted({*texts} - {*parts})] if part not in same]
    shown += [(", ".join(same), UNCHANGED)] if same else []
    return [line(Span(f"{part}: ", "dim"), text, hang=2) for part, text in shown]


def _next(verdict: Verdict) -> Page:
    """What to type to see why it is blocked, or to end that."""
    if verdict.decision != "block":
        return []
    worst = next((result for result in sorted_results(verdict) if result.effect == "block"), None)
    command = way_out(verdict)
    if command is not None:
        return [line(Span("next: ", "dim"), Span(command, "command"))]
    if worst is None:
        return []
    argv: list[str] = []
    if verdict.purpose == "promote":
        argv += ["--promote-to", verdict.environment or ""]
    elif verdict.purpose == "release":
        argv += ["--purpose", "release"]
    base = next((each for each in verdict.baselines if each.rule == _NAMED_BASE and each.commit), None)
    if base is not None:
        argv += ["--base", base.label]
    if verdict.candidate.commit is not None:
        argv += ["--rev", verdict.candidate.commit[:7]]
    several = len({result.model for result in verdict.results}) > 1
    argv += ["--explain", gate_name(worst, several=several)]
    return [line(Span("next: ", "dim"), Span(f"mlgit check {words(argv)}", "command"))]


def _last(verdict: Verdict) -> Page:
    words = f"{decision(verdict)}: "
    return [line(Span(words, _DECISIONS[verdict.decision]), conclusion(verdict), hang=2)]
