"""Evaluate: select the gates of a model and apply each to its numbers."""

from __future__ import annotations

from dataclasses import replace
from math import isinf
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from mlgit.core.config.file import (
    Config,
    FileBaseline,
    Gate,
    LimitKind,
    Numbers,
    OnInconclusive,
    OnLoosened,
    Severity,
)
from mlgit.core.gates.limits import KINDS, Finding, allowed, check_change, check_value, declared_bounds
from mlgit.core.gates.places import BaselineFiles, baseline_place, candidate_place
from mlgit.core.gates.verdict import Baseline, Decision, Effect, Outcome, Purpose, Result
from mlgit.core.gates.waivers import Waiver, waive
from mlgit.core.pipeline import metrics
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from mlgit.core.gates.waived_names import WaivedNames
    from mlgit.core.pipeline.evidence import MetricFile
    from mlgit.core.pipeline.metrics import Place

EMPTIED = "emptied"
"""The reason of a baseline that is `none` because something was taken out of its environment."""
PASSED_OVER = "passed_over"
"""The reason of a baseline that is found although a newer tag of its environment does not count."""
OLDER = "older_commit"
"""The reason of a newest release whose commit is older than that of a lower one."""
FROZEN = "frozen"
"""The reason of a baseline in an environment that trunk no longer declares: nothing enters it any more."""
NOTED = (
    *("baseline_held", "baseline_renamed", "baseline_deregistered", "baseline_unmerged"),
    *("baseline_off_trunk", "baseline_of_change", "baseline_unpromoted", "baseline_taken_out"),
)
HELD, REPLACED, DEREGISTERED, UNMERGED, OFF_TRUNK, OF_CHANGE, UNPROMOTED, TAKEN_OUT = NOTED
"""Reasons of a baseline that is found: its environment held more before; trunk renamed its environment; the
release after it was deregistered; it is not on trunk, but on this clone's own branch with trunk's name; a
revision is not on trunk; a revision is a part of the change; the release was in no environment. The last one
is of a baseline that is `none`: a model that trunk no longer declares was taken out of its environment."""
IN_ENVIRONMENT = "what is in "
"""How the rule of a baseline begins that is an environment."""
_UNTRUSTED = ("not_from_pipeline", "stale", "unknown_here")
_EFFECTS: Mapping[Severity, Effect] = {"error": "block", "warn": "warn", "info": "note"}
_INCONCLUSIVE: Mapping[OnInconclusive, Effect] = {"fail": "block", "warn": "warn", "allow": "allow"}
_DECLARE = (
    "declare it under `metrics:` of the stage that writes it and run `mlgit run`, "
    "or write `numbers: committed` in `mlgit.yaml` on trunk"
)
_REASONS = {
    "too_shallow": "history_too_shallow",
    "unreadable": "baseline_unreadable",
    "unknown": "unknown_here",
}


class Case(NamedTuple):
    """One model to evaluate: its gates, its metric files, its baselines by `vs`.

    With `numbers` `pipeline`, only numbers that a stage makes count. `gated` says that a gate applies to it
    for some purpose, perhaps only for promotions.
    """

    model: str | None
    gates: tuple[Gate, ...]
    files: tuple[MetricFile, ...]
    baselines: Mapping[str, BaselineFiles]
    numbers: Numbers = "committed"
    gated: bool = False


class Rules(NamedTuple):
    """The conditions that all models of one verdict share.

    `allow_stale` accepts numbers of stale stages, with a warning; a release never does.
    `on_loosened` is trunk's setting. `names` are those of a change. `environment_empty` and
    `release_decision` are for promotions only. `loosened` is trunk's form of the gates that a change loosens.
    """

    purpose: Purpose
    evaluated_on: date
    environment: str | None = None
    environment_empty: bool = False
    release_decision: Decision | None = None
    allow_stale: bool = False
    waivers: tuple[Waiver, ...] = ()
    on_loosened: OnLoosened | None = None
    names: WaivedNames | None = None
    loosened: Mapping[str, Gate] = MappingProxyType({})

    @property
    def stale_counts(self) -> bool:
        return self.allow_stale and self.purpose != "release"


def select(
    config: Config, *, purpose: Purpose, model: str | None, environment: str | None = None
) -> tuple[Gate, ...]:
    """The gates that apply to a model, in the order of their ids."""
    own = [
        gate
        for _, gate in sorted(config.gates.items())
        if gate.models is None or model is None or model in gate.models
    ]
    if purpose != "promote":
        return tuple(gate for gate in own if gate.when == "check")
    declared = config.environments.get(environment or "")
    named = None if declared is None else declared.gates
    return tuple(
        gate for gate in own if gate.absolute or (gate.vs != "base" if named is None else gate.id in named)
    )


def never_selected(config: Config) -> tuple[Gate, ...]:
    """The gates that no check, release or promotion evaluates, where there are environments to promote to."""
    promoted = {
        gate.id
        for environment in config.environments
        for gate in select(config, purpose="promote", model=None, environment=environment)
    }
    only = [each for each in config.gates.values() if each.when != "check" and config.environments]
    return tuple(each for each in only if each.id not in promoted)


def vs_key(vs: str | FileBaseline) -> str:
    """The name of a gate's baseline in a verdict."""
    return f"file:{vs.path}" if isinstance(vs, FileBaseline) else vs


def evaluate(gate: Gate, case: Case, rules: Rules) -> Result:
    """Evaluate one gate for one model: outcome first, then severity and waivers."""
    blank = Result(
        id=gate.id if case.model is None else f"{case.model}/{gate.id}",
        gate=gate.id,
        model=case.model,
        metric=gate.metric,
        outcome="error",
        reason=None,
        message="",
        severity=gate.severity,
        effect="block",
        vs=None if gate.vs is None else vs_key(gate.vs),
        limits=declared_bounds(gate),
        line=gate.line,
    )
    place = candidate_place(gate, case.files, case.baselines.values())
    if isinstance(place, Finding):
        return _settle(blank, place, gate, rules)
    value = metrics.number(place.value)
    result = replace(
        blank,
        file=place.file.path,
        key=place.key,
        candidate=None if value is None else metrics.text(value),
        made_by_hand=place.file.stage is None,
    )
    number = _finite(place)
    if isinstance(number, Finding):
        return _settle(result, number, gate, rules)
    if (untrusted := _untrusted(place.file, case, rules)) is not None:
        return _settle(result, untrusted, gate, rules)
    if gate.vs is None:
        return _settle(result, check_value(gate, number), gate, rules)
    entry = case.baselines[vs_key(gate.vs)]
    other = _no_baseline(gate, entry.baseline) or _place_in(entry, gate, place)
    if isinstance(other, Finding):
        return _settle(result, other, gate, rules)
    return _compare(result, gate, number, other, entry.baseline, rules)


def outcomes_of(gate: Gate) -> frozenset[Outcome]:
    """The outcomes that a gate of this form can have: none is inconclusive, and no plain limit skipped."""
    always: frozenset[Outcome] = frozenset({"pass", "fail", "error"})
    return always if gate.absolute else always | {"skipped"}


def effect_of(gate: Gate, outcome: Outcome) -> Effect:
    """The effect of an outcome, before waivers."""
    if outcome in {"pass", "skipped"}:
        return "allow"
    if gate.severity == "error" and outcome == "inconclusive":
        return _INCONCLUSIVE[gate.on_inconclusive]
    return _EFFECTS[gate.severity]


def _finite(place: Place) -> Decimal | Finding:
    value = metrics.number(place.value)
    if value is None:
        return Finding("error", "not_a_number", f"`{place.full_name}` is not a number")
    if not value.is_finite():
        return Finding("error", "not_finite", f"`{place.full_name}` is {value}")
    if isinf(float(value)):
        text = f"`{place.full_name}` is {value}, which is infinite where numbers have 64 bits"
        return Finding("error", "not_finite", text)
    return value


def _untrusted(file: MetricFile, case: Case, rules: Rules) -> Finding | None:
    if file.stage is None and case.numbers == "pipeline":
        return Finding("error", "not_from_pipeline", f"No stage makes {_made_otherwise(file)}", _DECLARE)
    for problem in sorted(file.problems, key=lambda problem: problem.code):
        if problem.code in _UNTRUSTED and not (problem.code == "stale" and rules.stale_counts):
            return Finding("error", problem.code, problem.message, problem.hint)
    return None


def _made_otherwise(file: MetricFile) -> str:
    return f"`{file.path}`" if file.tracked_by is None else f"`{file.path}`: `{file.tracked_by}` tracks it"


def _no_baseline(gate: Gate, baseline: Baseline) -> Finding | None:
    match baseline.state:
        case "found":
            return None
        case "none":
            outcome: Outcome = "fail" if gate.on_no_baseline == "fail" else "skipped"
            message = baseline.message or f"There is nothing to compare with: {baseline.label}"
            # A waiver's floor is then on the side that this gate guards; for both sides, below.
            rising = all(KINDS[kind].fails_high for kind in gate.change)
            return Finding(outcome, "no_baseline", message, baseline.hint, rising=rising)
        case "too_shallow" | "unreadable" | "unknown":
            message = baseline.message or f"{baseline.label} cannot be read"
            return Finding("error", baseline.reason or _REASONS[baseline.state], message, baseline.hint)
    assert_never(baseline.state)


def _place_in(entry: BaselineFiles, gate: Gate, place: Place) -> Place | Finding:
    return baseline_place(gate, place, entry)


def _compare(
    result: Result, gate: Gate, candidate: Decimal, other: Place, baseline: Baseline, rules: Rules
) -> Result:
    shown = metrics.number(other.value)
    result = replace(
        result,
        baseline_file=other.file.path,
        baseline_key=other.key,
        baseline=None if shown is None else metrics.text(shown),
    )
    value = _finite(other)
    if isinstance(value, Finding):
        finding = Finding("error", f"baseline_{value.reason}", f"{value.message} in {baseline.label}")
        return _settle(result, finding, gate, rules)
    change = metrics.difference(candidate, value)
    percent = metrics.percent_change(change, value)
    amounts: dict[LimitKind, Decimal] = {kind: allowed(limit, value) for kind, limit in gate.change.items()}
    measured = replace(
        result,
        change=metrics.computed(change),
        change_percent=None if percent is None else metrics.computed(percent),
        limits=tuple(
            replace(each, allowed=metrics.computed(amounts[each.kind]))
            for each in result.limits
            if each.kind in amounts
        ),
    )
    return _settle(measured, check_change(gate, candidate, value), gate, rules)


def _settle(result: Result, finding: Finding, gate: Gate, rules: Rules) -> Result:
    """Give a finding its effect: from its severity, or from a waiver that covers it."""
    settled = replace(
        result,
        outcome=finding.outcome,
        reason=finding.reason,
        message=finding.message,
        hint=finding.hint,
        effect=effect_of(gate, finding.outcome),
    )
    if finding.outcome in {"pass", "skipped"}:
        return settled
    waived = waive(settled, rules.waivers, rising=finding.rising, names=rules.names)
    if isinstance(waived, str):
        return replace(settled, message=f"{settled.message}; {waived}", unwaived=waived)
    return settled if waived is None else replace(settled, effect="waived", waiver=waived.id)
