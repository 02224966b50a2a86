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
_UNREAD = ("not_fetched", "unreadable")
# A candidate with one of these reasons has a number that does not count.
_UNTRUSTED = ("not_finite", "not_from_pipeline", "stale", "unknown_here")
# The reason of a result -> whether the baseline has no number, and why.
_NONE = {
    "new_metric": ("no number", "the metric is new"),
    "ambiguous_metric": ("no number", "several metrics there have this name"),
    "baseline_not_a_number": ("no number", "it has something else there"),
    "baseline_unreadable": ("not known", "its metric file cannot be read"),
    "not_fetched": ("not known here", "its metric file is not on this machine"),
}


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
        return f"{'not known here' if result.reason in _UNREAD else 'no number'}, {at}"
    hand = ", made by no stage" if result.made_by_hand else ""
    return f"{result.candidate or 'no number'} from {result.file}:{result.key}, {at}{hand}"


def _baseline_text(result: Result, baseline: Baseline) -> str:
    if baseline.state != "found":
        return baseline.message or baseline.rule
    at = _at(baseline)
    if result.candidate is None or result.reason in _UNTRUSTED:
        return f"{at}; not compared, because the candidate has no number that counts"
    if result.baseline_file is None:
        found, why = _NONE.get(result.reason or "", ("no number", result.message))
        return f"{found} at {at}: {why}"
    value = result.baseline or "no number"
    return f"{value} from {result.baseline_file}:{result.baseline_key}, {at}"


def _at(baseline: Baseline) -> str:
    """The baseline with its commit: `prod (tumor@v1.2.0, 1a2b3c4)`."""
    label, commit = baseline.label, (baseline.commit or "")[:7]
    if not commit or commit in label:
        return label
    return f"{label[:-1]}, {commit})" if label.endswith(")") else f"{label} ({commit})"


def _rule(bound: Bound) -> str:
    declared = f"{bound.kind}: {bound.amount}{'%' if bound.percent else ''}"
    amount = bound.allowed or (f"{bound.amount} % of |baseline|" if bound.percent else bound.amount)
    return f"{declared}, so {KINDS[bound.kind].formula.format(amount)}"
