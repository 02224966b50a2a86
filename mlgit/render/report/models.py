"""Models: a section per model of a report, and a line for those in which nothing happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.by_model import models_of, of_model
from mlgit.core.gates.headline import split_notes
from mlgit.core.overview.reason import worst_of
from mlgit.core.wording import joined
from mlgit.render.escape import literal
from mlgit.render.report.heading import gate_counts, mark
from mlgit.render.report.layout import DetailLevel, ReportContext, left_out
from mlgit.render.report.summary_lines import notes
from mlgit.render.report.tables.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.gates.verdict import Check

_ORDER = {"block": 0, "allow_with_warnings": 1, "allow": 2}


def sections(record: Check, context: ReportContext, level: DetailLevel) -> list[list[str]]:
    """Each model under its own heading, the one that the report's heading names first."""
    named = worst_of(record.verdict)
    first = None if named is None else named.model
    parts = [(model, of_model(record, model)) for model in models_of(record)]
    parts.sort(key=lambda pair: (*_badness(pair[1]), first is None or pair[0] != first))
    shown = [pair for pair in parts if _has_news(pair[1]) and (level.ungated or _is_special(pair[1]))]
    rest = [pair for pair in parts if pair not in shown]
    blocks: list[list[str]] = []
    for model, part in shown[: level.rows]:
        gone = not part.verdict.results and all(each.appearance == "gone" for each in part.metrics)
        counts = "its numbers are gone" if gone else gate_counts(part.verdict, warnings=True)
        blocks.append([f"#### {mark(part)} {_named(model)}: {counts}"])
        blocks += [
            table(part, context, level, whole=False).lines,
            notes(split_notes(part.verdict.notes)[1], level),
        ]
    blocks.append(left_out(len(shown) - level.rows, "model"))
    blocks.append(_quiet(rest, level))
    return blocks


def _badness(part: Check) -> tuple[int, bool]:
    """By the decision; of several with the same one, those that a gate reads come first."""
    return _ORDER[part.verdict.decision], not part.verdict.results


def _quiet(parts: Sequence[tuple[str | None, Check]], level: DetailLevel) -> list[str]:
    """One line for all models with the same counts."""
    alike: dict[str, list[str]] = {}
    for model, part in parts:
        same = ", no metric changed" if part.metrics and not _has_news(part) else ""
        alike.setdefault(f"{mark(part)} {{}}: {gate_counts(part.verdict)}{same}", []).append(_named(model))
    return [
        f"{'- ' if len(alike) > 1 else ''}{text.format(joined(names, level.rows))}"
        for text, names in alike.items()
    ]


def _named(model: str | None) -> str:
    return "the model without a name" if model is None else literal(model)


def _has_news(part: Check) -> bool:
    return _is_special(part) or any(change.changed for change in part.metrics)


def _is_special(part: Check) -> bool:
    failed = any(result.outcome not in {"pass", "skipped"} for result in part.verdict.results)
    return failed or bool(part.verdict.notes)
