"""Rows: the cells of a gate or a metric in a report's table."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mlgit.core.gates.headline import without_findings
from mlgit.core.overview.gate_text import percent_text
from mlgit.core.record import NamedTuple
from mlgit.render.escape import code, literal, prose
from mlgit.render.report.layout import EFFECTS, NO_NUMBER, TIE, ReportContext
from mlgit.render.report.sentences import lower_first, otherwise, place_of_gate
from mlgit.render.report.tables.differences import (
    guarded_direction,
    metric_difference,
    number,
    signed_difference,
    value,
)
from mlgit.render.report.tables.renames import means, place_of, renamed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.gates.verdict import Baseline, Bound, Check, Effect, MetricChange, Outcome, Result

_BASE = "base"
_LABEL = re.compile(r"(?P<environment>[^ ()]+) \((?:[^()]*@)?(?P<version>[^()@]+)\)")
_NOTHING = re.compile(r"There is nothing to compare with(?: yet)?: ")
_SETTLED = ("pass", "skipped")
_LONGEST, _HEAD, _TAIL = 48, 20, 25
# The number may be that of another model, so a difference says nothing.
_NOT_MADE = {"stale": "stale", "not_from_pipeline": "not from a run"}


_OUTCOMES: dict[Outcome, str] = {"fail": "failed", "inconclusive": "inconclusive", "error": "error"}
_EFFECT_WORDS: dict[Effect, str] = {"warn": "warning", "waived": "waived", "note": "info"}
PASSED = f"{EFFECTS['allow']}{TIE}passed"


class Row(NamedTuple):
    """The cells of one row as Markdown; `baselines` maps the header of a column to its number."""

    mark: str
    gate: str
    metric: str
    baselines: Mapping[str, str]
    number: str
    change: str
    limit: str


class RowMaker:
    """Makes the rows of one table; a reason that the row above has becomes `as above`."""

    def __init__(self, record: Check, context: ReportContext) -> None:
        self._context = context
        self._changes = {place_of(each): each for each in record.metrics}
        self._renamed = renamed_metrics(record.metrics)
        self._headers = {(each.model, each.vs): header_of(each) for each in record.verdict.baselines}
        self._references = {each.model: header_of(each) for each in record.references}
        self._compared = {each.model for each in record.references if each.state == "found"}
        self._notes = record.verdict.notes
        self._otherwise = otherwise(record.verdict.notes)
        self._reason, self._hints = "", set[str]()
        files = Counter((each.model, each.key) for each in record.metrics)
        self._several = {place for place, number in files.items() if number > 1}

    def of_gate(self, result: Result) -> Row:
        """The row of a gate, with the numbers that it compared."""
        result = without_findings(result, self._notes)
        renamed = self._renaming(result)
        if renamed is not None:
            return self._of_renamed(result, *renamed)
        change = self.change_of(result)
        header, old = self._baseline(result, change)
        old_text = None if change is None or result.baseline is not None else change.old_text
        limits = [each.allowed for each in result.limits if result.vs is None]
        new = value(result.candidate, None if change is None else change.new_text, old, *limits)
        before = value(old, old_text, result.candidate, *limits)
        strong = result.outcome not in _SETTLED and result.candidate is not None and result.reason != "stale"
        return Row(
            mark=mark_of(result, other=self._is_other(result)),
            gate=gate_link(result, self._context),
            metric=code(self._name(result.metric)),
            baselines={} if before == NO_NUMBER else {header: before},
            number=f"**{new}**" if strong else new,
            change=_tied(self._difference(result, old, change)),
            limit=self._limit(result),
        )

    def change_of(self, result: Result) -> MetricChange | None:
        """The change of a gate's metric; of one that is not a number now, by its name."""
        if result.file is not None:
            return self._changes.get(place_of(result))
        named = [each for place, each in self._changes.items() if means(result, place)]
        return named[0] if len(named) == 1 else None

    def _difference(self, result: Result, old: str | None, change: MetricChange | None) -> str:
        if result.reason in _NOT_MADE:
            return _NOT_MADE[result.reason]
        if result.candidate is None and result.baseline is None and change is not None:
            return metric_difference(change)
        text = signed_difference(result.candidate, old, guarded_direction(result, change), result.limits)
        if (
            old is None
            and change is not None
            and change.appearance == "new"
            and result.model in self._compared
        ):
            return "new"
        share = percent_text(result) if any(bound.percent for bound in result.limits) else ""
        if share and "(" not in text and text not in {"", "unchanged"}:
            amount, _, word = text.partition(" ")
            text = f"{amount} ({share}) {word}".rstrip()
        # Too much of what is better, or another number, is not praised in the row that says so.
        other = self._is_other(result) or (result.outcome == "fail" and result.vs is None)
        return text.removesuffix(" better") if other else text

    def _name(self, name: str) -> str:
        return _for_cell(name, self._context)

    def _is_other(self, result: Result) -> bool:
        """Whether the gate does not check what it checked before the change."""
        return bool({(result.gate, result.model), (result.gate, None)} & self._otherwise)

    def of_metric(self, change: MetricChange) -> Row:
        """The row of a metric that no gate reads."""
        after = self._renamed.get(place_of(change))
        new = change.candidate if after is None else after.candidate
        several = (change.model, change.key) in self._several
        name = f"{change.file}:{change.key}" if several else change.key
        compared = change.model in self._compared or change.appearance != "new"
        header = self._references.get(change.model, _BASE)
        before = value(change.baseline, change.old_text, new)
        return Row(
            mark="",
            gate="",
            metric=code(self._name(name)) if after is None else _renamed_name(name, after.key),
            baselines={} if before == NO_NUMBER else {header: before},
            number=value(new, change.new_text, change.baseline),
            change=_tied(metric_difference(change) if after is None and compared else ""),
            limit="",
        )

    def _baseline(self, result: Result, change: MetricChange | None) -> tuple[str, str | None]:
        """The header and number that a gate compared with; without any, those of the metric."""
        if result.baseline is not None:
            return self._headers.get((result.model, result.vs or ""), result.vs or _BASE), result.baseline
        elsewhere = result.outcome == "error" and result.vs not in {None, _BASE}
        shown = (
            None if change is None or elsewhere or result.candidate != change.candidate else change.baseline
        )
        return self._references.get(result.model, _BASE), shown

    def _renaming(self, result: Result) -> tuple[MetricChange, MetricChange] | None:
        """The metric that a gate misses, and the one that it seems to be now."""
        if result.reason != "unknown_metric":
            return None
        for place, after in self._renamed.items():
            if means(result, place):
                return self._changes[place], after
        return None

    def _of_renamed(self, result: Result, before: MetricChange, after: MetricChange) -> Row:
        header = self._references.get(result.model, _BASE)
        return Row(
            mark=mark_of(result),
            gate=gate_link(result, self._context),
            metric=_renamed_name(result.metric, after.key),
            baselines={header: number(before.baseline, after.candidate)},
            number=number(after.candidate, before.baseline),
            change="",
            limit=f"if it was, write {code(f'metric: {after.key}')} in {code(place_of_gate(result))}",
        )

    def _limit(self, result: Result) -> str:
        """The limits in the words of mlgit.yaml, and why there is no plain result."""
        limits = ", ".join(map(limit_cell, result.limits))
        before, self._reason = self._reason, ""
        if result.outcome == "skipped":
            trunk = f"; would not pass with trunk's {prose(result.breaks)}" if result.breaks else ""
            return f"{_skipped(result)}{trunk}"
        parts = [limits] if limits else []
        if result.outcome not in {"pass", "fail"}:
            self._reason, hint = prose(lower_first(result.message)), prose(result.hint or "")
            texts = ["as above" if self._reason == before else self._reason]
            texts += ["as above" if hint in self._hints else hint] if hint else []
            parts += dict.fromkeys(texts)
            self._hints.add(hint)
        elif result.hint and result.outcome == "fail":
            parts.append(prose(result.hint))
        parts += ["failed, for information"] if result.outcome == "fail" and result.effect == "note" else []
        parts += [f"waived by {code(result.waiver)}"] if result.waiver else []
        parts += ["checks something different"] if self._is_other(result) else []
        parts += [f"would not pass with trunk's {prose(result.breaks)}"] if result.breaks else []
        return "; ".join(parts)


def header_of(baseline: Baseline) -> str:
    """The header of a baseline's column: `base`, `prod v1.0.0`, `release v1.2.0`."""
    if baseline.vs == _BASE:
        return _BASE
    found = _LABEL.fullmatch(baseline.label)
    if found is not None:
        return f"{found['environment']} {found['version']}"
    if baseline.vs == "release":
        return f"release {baseline.label.rpartition('@')[2]}"
    return baseline.label


def base_name(record: Check) -> str:
    """What the metrics are compared with, as in the header of its column."""
    return next((header_of(each) for each in record.references if each.state == "found"), _BASE)


def mark_of(result: Result, *, other: bool = False) -> str:
    """How a gate ended: a sign, and next to it the word that says the same.

    One that passes only because the change loosened it, or `other`, on something else, gets a warning.
    """
    if result.outcome == "skipped":
        return "skipped"
    loosened = result.breaks is not None and result.effect in {"allow", "note"}
    effect = "warn" if loosened or (other and result.outcome == "pass") else result.effect
    if effect == "allow" and result.outcome != "pass":
        effect = "note"
    if effect == "allow":
        return PASSED
    word = _EFFECT_WORDS.get(effect) or _OUTCOMES.get(result.outcome, "blocked")
    return f"{EFFECTS[effect]}{TIE}{word}"


def _for_cell(name: str, context: ReportContext) -> str:
    """A name for a cell; a page of HTML wraps it, a comment cannot."""
    return name if context.svg or len(name) <= _LONGEST else f"{name[:_HEAD]}...{name[-_TAIL:]}"


def gate_link(result: Result, context: ReportContext) -> str:
    """A gate's name, linked to its line in mlgit.yaml if the repository's page is known."""
    name = literal(_for_cell(result.gate, context)) or code("")
    page = context.file_page
    return name if page is None or result.line is None else f"[{name}]({page}#L{result.line})"


def limit_cell(bound: Bound) -> str:
    """A limit in the words of mlgit.yaml; the underscore inside its name does no harm."""
    return f"{bound.kind}{TIE}{prose(bound.amount)}{'%' if bound.percent else ''}"


def _skipped(result: Result) -> str:
    if result.reason == "new_metric":
        return "new metric"
    return prose(lower_first(_NOTHING.sub("", result.message)))


def _renamed_name(before: str, after: str) -> str:
    return f"{code(before)}, renamed to {code(after)}?"


def _tied(text: str) -> str:
    """A change that breaks only before its word, so that a narrow page still shows all columns."""
    shown = prose(text).replace(" ", TIE)
    for word in ("better", "worse"):
        shown = shown.replace(f"{TIE}{word}", f" {word}")
    return shown
