"""Order: the results of gates as a report lists them, the worst first."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING

from mlgit.core.gates.limits import KINDS
from mlgit.core.pipeline.metrics import difference
from mlgit.render.report.layout import RANK, decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.gates.verdict import Bound, Outcome, Result

_OUTCOMES: dict[Outcome, int] = {"fail": 0, "inconclusive": 1, "error": 2, "pass": 3, "skipped": 4}
_NOT_LIVE = ("base", "release", "latest")
_CONTEXT = Context(prec=9, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_FARTHEST = Decimal("Infinity")


def ordered(results: Iterable[Result]) -> list[Result]:
    """By effect and outcome; then those against a live version, then by how far a limit is passed."""
    return sorted(results, key=_key)


def _key(result: Result) -> tuple[int, int, bool, Decimal, int, str]:
    line = result.line or 0
    return (
        RANK[result.effect],
        _OUTCOMES[result.outcome],
        not _live(result.vs),
        times_over(result).copy_negate(),
        line,
        result.id,
    )


def _live(vs: str | None) -> bool:
    """Whether a gate compares with an environment."""
    return vs is not None and vs not in _NOT_LIVE and not vs.startswith("file:")


def times_over(result: Result) -> Decimal:
    """How many times a limit is used; more than 1 is broken, infinite if any change breaks it."""
    return max((_times(bound, result) for bound in result.limits), default=Decimal(0))


def _times(bound: Bound, result: Result) -> Decimal:
    row = KINDS[bound.kind]
    shown = result.candidate if row.measure == "value" else result.change
    if shown is None or bound.allowed is None:
        return Decimal(0)
    measured, limit = decimal(shown), decimal(bound.allowed)
    if not (measured.is_finite() and limit.is_finite()):
        return Decimal(0)
    if row.measure == "drop":
        measured = measured.copy_negate()
    over = difference(measured, limit) if row.side == "most" else difference(limit, measured)
    if not limit:
        return _FARTHEST if over > 0 else Decimal(0)
    return _CONTEXT.add(1, _CONTEXT.divide(over, limit.copy_abs()))
