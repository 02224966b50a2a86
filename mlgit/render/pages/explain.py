"""Page of `mlgit check --explain`: the source of each number of a gate, and the rule that was applied."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.gates.limits import KINDS
from mlgit.core.overview.gate_text import percent_text
from mlgit.core.pipeline.metrics import signed
from mlgit.render.page import Page, Span, Style, line

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Baseline, Bound, Check, Result, Verdict

_WIDTH = 80
_LABEL = 12


def page(record: Check, results: tuple[Result, ...]) -> Page:
    """One paragraph per result."""
    found: Page = []
    for result in results:
        found += [line()] if found else []
        found += _explained(record.verdict, result)
    return found


def _explained(verdict: Verdict, result: Result) -> Page:
    styles: dict[str, Style] = {"block": "bad", "allow": "ok"}
    head = line(Span(result.id, "name"), " ", Span(result.outcome, styles.get(result.effect, "careful")))
    found: Page = [head]
    found += _row("declared", _declared(verdict, result))
    found += _row("metric", result.metric)
    found += _row("candidate", _candidate(verdict, result))
    key = (result.vs, result.model)
    baseline = next((each for each in verdict.baselines if (each.vs, each.model) == key), None)
    if baseline is not None:
        found += _row("baseline", _baseline_text(result, baseline))
        found += _row("chosen", f"`{baseline.vs}` is {baseline.rule}")
    if result.change is not None:
        percent = percent_text(result)
        more = f" ({percent})" if percent else ""
        found += _row("change", f"{signed(result.change)}{more}")
    for bound in result.limits:
        found += _row("rule", _rule(bound))
    found += _row(
        "outcome", f"{result.outcome}{f' ({result.reason})' if result.reason else ''}: {result.message}"
    )
    severity = f"{result.effect} (severity {result.severity})"
    found += _row("effect", f"waived by {result.waiver}" if result.effect == "waived" else severity)
    return found + (_row("hint", result.hint) if result.hint else [])


def _row(label: str, text: str) -> Page:
    parts = wrap(text, _WIDTH - 2 - _LABEL, break_on_hyphens=False) or [""]
    return [
        line(Span((label if number == 0 else "").ljust(_LABEL), "dim"), part, indent=2)
        for number, part in enumerate(parts)
    ]


def _declared(verdict: Verdict, result: Result) -> str:
    where = "" if verdict.policy.gates is None else f"{verdict.policy.gates[:7]}:"
    number = "" if result.line is None else f":{result.line}"
    return f"{where}{CONFIG_FILE}{number}"


def _candidate(verdict: Verdict, result: Result) -> str:
    at = verdict.candidate.place
    if result.file is None:
        return f"no number, {at}"
    hand = ", made by no stage" if result.made_by_hand else ""
    return f"{result.candidate or 'no number'} from {result.file}:{result.key}, {at}{hand}"


def _baseline_text(result: Result, baseline: Baseline) -> str:
    if baseline.state != "found":
        return baseline.message or baseline.rule
    commit = (
        f" ({baseline.commit[:7]})" if baseline.commit and baseline.commit[:7] not in baseline.label else ""
    )
    if result.baseline_file is None:
        return f"no number at {baseline.label}{commit}"
    value = result.baseline or "no number"
    return f"{value} from {result.baseline_file}:{result.baseline_key}, {baseline.label}{commit}"


def _rule(bound: Bound) -> str:
    declared = f"{bound.kind}: {bound.amount}{'%' if bound.percent else ''}"
    amount = bound.allowed or (f"{bound.amount} % of |baseline|" if bound.percent else bound.amount)
    return f"{declared}, so {KINDS[bound.kind].formula.format(amount)}"
