"""OpenMetrics: the numbers of a check as the text that GitLab compares and Prometheus reads.

GitLab splits each line as a shell would, and compares names with labels between branches. So labels contain
only stable values (model, file, key, gate), and no `#`, which starts a comment for GitLab even in quotes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.pipeline.metrics import text
from mlgit.render.escape import visible

if TYPE_CHECKING:
    from mlgit.core.ci.report import Failure
    from mlgit.core.gates.verdict import Check, Outcome
    from mlgit.errors import MlgitError

_OUTCOMES: tuple[Outcome, ...] = ("pass", "fail", "inconclusive", "error", "skipped")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "#": "%23"}
_Sample = tuple[dict[str, str], str]


def openmetrics(record: Check) -> str:
    """The metrics of the candidate and its base, the outcome of every gate, and the verdict."""
    verdict = record.verdict
    gates = [({"model": each.model or "", "gate": each.gate}, each) for each in verdict.results]
    passed = [(at, _flag(each.outcome == "pass")) for at, each in gates if each.outcome != "skipped"]
    blocking = [(at, _flag(each.effect == "block")) for at, each in gates]
    outcomes = [each.outcome for each in verdict.results]
    counts: list[_Sample] = [({"outcome": each}, str(outcomes.count(each))) for each in _OUTCOMES]
    candidates: list[_Sample] = []
    bases: list[_Sample] = []
    for each in record.metrics:
        at = {"model": each.model or "", "file": each.file, "key": each.key}
        candidates += [(at, _number(each.candidate))] if each.candidate is not None else []
        bases += [(at, _number(each.baseline))] if each.baseline is not None else []
    return _document(
        ("mlgit_metric", "A metric of the candidate", candidates),
        ("mlgit_metric_base", "The same metric at the base", bases),
        ("mlgit_gate_passed", "1 where the gate passes, 0 where it does not", passed),
        ("mlgit_gate_blocking", "1 where the gate blocks", blocking),
        ("mlgit_gates", "Gates by outcome", counts),
        ("mlgit_verdict_formed", "1 where there is a verdict", [({}, "1")]),
        ("mlgit_blocked", "1 where the verdict blocks", [({}, _flag(verdict.decision == "block"))]),
    )


def failure(error: MlgitError | Failure) -> str:  # noqa: ARG001 (text is not a number)
    return _document(
        ("mlgit_verdict_formed", "1 where there is a verdict", [({}, "0")]),
        ("mlgit_blocked", "1 where the verdict blocks", [({}, "1")]),
    )


def _document(*families: tuple[str, str, list[_Sample]]) -> str:
    lines = []
    for name, meaning, samples in families:
        if not samples:
            continue
        lines += [f"# TYPE {name} gauge", f"# HELP {name} {meaning}."]
        seen = set()
        for labels, value in samples:
            series = name + _labels(labels)
            if series not in seen:  # a repeated series would make the whole text invalid
                lines.append(f"{series} {value}")
            seen.add(series)
    return "\n".join([*lines, "# EOF", ""])


def _number(stored: str) -> str:
    """The number with all its digits, and always in the same form: GitLab compares texts."""
    number = Decimal(stored)
    if number.is_nan():
        return "NaN"
    if number.is_infinite():
        return "-Inf" if number.is_signed() else "+Inf"
    shown = text(number)
    return shown.rstrip("0").rstrip(".") if "." in shown and "E" not in shown else shown


def _flag(value: bool) -> str:  # noqa: FBT001 (a number made of it)
    return "1" if value else "0"


def _labels(labels: dict[str, str]) -> str:
    shown = [f'{name}="{_escaped(text)}"' for name, text in labels.items() if text]
    return f"{{{','.join(shown)}}}" if shown else ""


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in visible(text))
