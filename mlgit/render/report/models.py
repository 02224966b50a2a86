"""Models: a section per model of a report, and a line for those in which nothing happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.by_model import models_of, of_model
from mlgit.core.gates.headline import split_notes
from mlgit.core.gates.verdict import Note
from mlgit.core.overview.reason import result_reason, sorted_results, worst_of
from mlgit.core.wording import count, joined
from mlgit.render.escape import literal, prose
from mlgit.render.report.heading import gate_counts, mark, model_words
from mlgit.render.report.layout import TIE, DetailLevel, ReportContext, cells, left_out
from mlgit.render.report.sentences import note_reason
from mlgit.render.report.summary_lines import notes
from mlgit.render.report.tables.differences import is_known_change, ungated_order
from mlgit.render.report.tables.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check, Decision

_ORDER = {"block": 0, "allow_with_warnings": 1, "allow": 2}
_MOST_OPEN = 3
_MOST_ROWS = 15
_WORDS: dict[Decision, str] = {"block": "blocked", "allow_with_warnings": "warning", "allow": "allowed"}
_Part = tuple[str | None, "Check"]


def sections(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """Each model under its own heading, the worst first; many models in one table, above what is folded."""
    parts = worst_first(record)
    shown = [pair for pair in parts if _has_news(pair[1]) and (level.ungated or _is_special(pair[1]))]
    quiet = _quiet([pair for pair in parts if pair not in shown], context, level)
    if len(shown) <= _MOST_OPEN:
        more = left_out(len(shown) - level.rows, "model")
        return [*_blocks(shown[: level.rows], context, level), more, quiet]
    folded = [
        ["<details>", f"<summary>Gates and metrics of these {len(shown)} models</summary>"],
        *_blocks(shown[: level.rows], context, level),
        left_out(len(shown) - level.rows, "model"),
        ["</details>"],
    ]
    return [*_overview(shown, context, level), quiet, *(folded if level.details else [])]


def worst_first(record: Check) -> list[_Part]:
    """The models: the one that the report's heading names, then by their worst gate and metric."""
    named = worst_of(record.verdict)
    first = None if named is None else named.model
    gates = [each.model for each in sorted_results(record.verdict) if each.effect != "allow"]

    def key(pair: _Part) -> tuple[object, ...]:
        model, part = pair
        changes = [ungated_order(each) for each in part.metrics if is_known_change(each)]
        return (
            _ORDER[part.verdict.decision],
            first is None or model != first,
            gates.index(model) if model in gates else len(gates),
            not changes,
            min(changes, default=()),
            model or "",
        )

    return sorted(((model, of_model(record, model)) for model in models_of(record)), key=key)


def _blocks(shown: Sequence[_Part], context: ReportContext, level: DetailLevel) -> list[list[str]]:
    blocks: list[list[str]] = []
    for model, part in shown:
        words = model_words(part.verdict, context)
        blocks += [
            [f"#### {mark(part)} {prose(words)}: {_named(model)}, {_counts(part)}"],
            table(part, context, level, whole=False).lines,
            notes(split_notes(part.verdict.notes)[1], level),
        ]
    return blocks


def _counts(part: Check) -> str:
    gone = not part.verdict.results and all(each.appearance == "gone" for each in part.metrics)
    return "its numbers are gone" if gone else gate_counts(part.verdict)


def _overview(shown: Sequence[_Part], context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """One row per model with the reason of its result, before anything has to be unfolded."""
    rows = []
    most = min(level.rows, _MOST_ROWS)
    for model, part in shown[:most]:
        word = "not proven" if context.untrusted else "allowed"
        word = word if part.verdict.decision == "allow" else _WORDS[part.verdict.decision]
        counts = _counts(part).replace(" gates ", " ", 1).replace(" gate ", " ", 1)
        rows.append((f"{mark(part)} {word}".replace(" ", TIE), _named(model), counts, _why(part)))
    header = [cells(("result", "model", "gates", "why")), "|---|---|---|---|"]
    return [
        [*header, *map(cells, rows)],
        left_out(len(shown) - len(rows), "model", below=level.details),
    ]


def _why(part: Check) -> str:
    """The worst thing about a model, otherwise how many of its metrics changed."""
    worst = worst_of(part.verdict)
    if worst is not None:
        text = (
            note_reason(worst) if isinstance(worst, Note) else result_reason(worst, part.verdict, places=True)
        )
        return prose(text)
    changed = [each for each in part.metrics if is_known_change(each) and each.known == "yes"]
    worse = sum(each.better is False for each in changed)
    if not changed and any(each.known == "no" for each in part.metrics):
        return "it is not known whether its metrics changed"
    if worse == len(changed) > 0:
        return count(worse, "metric is worse", "metrics are worse")
    return f"{count(len(changed), 'metric')} changed" + (f", {worse} worse" if worse else "")


def _quiet(parts: Sequence[_Part], context: ReportContext, level: DetailLevel) -> list[str]:
    """One line for all models with the same counts."""
    alike: dict[tuple[str, str], list[str]] = {}
    for model, part in parts:
        same = ", no metric changed" if part.metrics and not _has_news(part) else ""
        head = f"{mark(part)} {prose(model_words(part.verdict, context))}"
        alike.setdefault((head, f"{gate_counts(part.verdict)}{same}"), []).append(_named(model))
    return [
        f"{'- ' if len(alike) > 1 else ''}{head}: {joined(names, level.rows)}"
        + (f", {counts}" if len(names) == 1 else f" (each: {counts})")
        for (head, counts), names in alike.items()
    ]


def _named(model: str | None) -> str:
    return "the model without a name" if model is None else literal(model)


def _has_news(part: Check) -> bool:
    return _is_special(part) or any(change.changed for change in part.metrics)


def _is_special(part: Check) -> bool:
    failed = any(result.outcome not in {"pass", "skipped"} for result in part.verdict.results)
    return failed or bool(part.verdict.notes)
