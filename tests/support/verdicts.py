"""Verdicts: builders of gates, metric files, baselines, cases and rules for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.core.config.file import Gate, Limit
from mlgit.core.gates.evaluate import Case, Rules, vs_key
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.verdict import Baseline, Candidate
from mlgit.core.gates.waivers import Waiver
from mlgit.core.pipeline.evidence import MetricFile, Problem

if TYPE_CHECKING:
    from mlgit.core.config.file import Numbers
    from mlgit.core.gates.verdict import BaselineState, Result
    from mlgit.core.pipeline.evidence import ProblemCode, Value

TODAY = date(2026, 3, 1)
CANDIDATE = Candidate(label="working tree", commit=None, head="a" * 40)
PATH = "metrics/test.json"


def number(text: str | None) -> Value:
    """Decimal for a number, the text itself for anything else."""
    if text is None:
        return None
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def metric_file(
    *problems: ProblemCode, path: str = PATH, stage: str | None = "evaluate", **values: str
) -> MetricFile:
    """A metric file; `__` in a key is a dot."""
    return MetricFile(
        path=path,
        stage=stage,
        values={key.replace("__", "."): number(value) for key, value in values.items()},
        problems=tuple(Problem(code=code, message=f"`{path}` is {code}", hint="do it") for code in problems),
    )


def absolute(
    gate_id: str = "floor",
    metric: str = "auc",
    *,
    low: str | None = None,
    high: str | None = None,
    **more: Any,  # noqa: ANN401 (fields of Gate)
) -> Gate:
    """An absolute gate."""
    return Gate(
        id=gate_id,
        metric=metric,
        minimum=None if low is None else Decimal(low),
        maximum=None if high is None else Decimal(high),
        **more,
    )


def limit(text: str) -> Limit:
    """`0.005` or `2%`."""
    return Limit(amount=Decimal(text.removesuffix("%")), relative=text.endswith("%"))


def change(
    gate_id: str = "drop",
    metric: str = "auc",
    *,
    vs: str = "prod",
    limits: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401 (fields of Gate)
) -> Gate:
    """A gate on a change."""
    wanted: Any = {kind: limit(text) for kind, text in (limits or {"max_drop": "0.005"}).items()}
    return Gate(id=gate_id, metric=metric, vs=vs, change=wanted, **more)


def baseline(
    *files: MetricFile, state: BaselineState = "found", vs: str = "prod", reason: str | None = None
) -> BaselineFiles:
    """A baseline with its files."""
    found = Baseline(
        vs=vs,
        model=None,
        state=state,
        label=vs,
        rule="a rule",
        commit="b" * 40,
        reason=reason,
        message="No luck",
    )
    return BaselineFiles(found, files)


def case(
    *gates: Gate,
    files: tuple[MetricFile, ...],
    against: BaselineFiles | None = None,
    model: str | None = None,
    numbers: Numbers = "committed",
) -> Case:
    """One model with gates that all compare with the same baseline."""
    given = against or baseline(state="none")
    entry = given._replace(baseline=replace(given.baseline, model=model))
    baselines = {vs_key(gate.vs): entry for gate in gates if gate.vs is not None}
    return Case(model, gates, files, baselines, numbers)


def rules(**more: Any) -> Rules:  # noqa: ANN401
    """Rules of a check."""
    facts: dict[str, Any] = {"purpose": "check", "evaluated_on": TODAY}
    return Rules(**(facts | more))


def waiver(gate: str = "floor", floor: str | None = "0.9", **more: Any) -> Waiver:  # noqa: ANN401
    """A valid waiver."""
    facts: dict[str, Any] = {
        "id": "w1",
        "gate": gate,
        "floor": None if floor is None else Decimal(floor),
        "reason": "because",
        "approver": "carol@example.org",
        "expires": date(2026, 4, 1),
        "commit": "c" * 40,
        "since": date(2026, 2, 1),
    }
    return Waiver(**(facts | more))


def outcome_of(result: Result) -> tuple[str, str | None, str]:
    """Outcome, reason and effect."""
    return result.outcome, result.reason, result.effect
