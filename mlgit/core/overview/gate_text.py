"""Gate text: numbers, changes and limits of a gate as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.compare.change_text import relative_text
from mlgit.core.pipeline.metrics import rounded, short, signed
from mlgit.core.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.core.gates.verdict import Bound, Result

_SPOKEN = frozenset({"auc", "auroc", "f1", "mae", "mse", "rmse", "mape", "mcc", "r2", "bleu", "wer", "cer"})


def spoken(metric: str) -> str:
    """A metric in a sentence: `AUC`, `logloss`; between backticks if it has one."""
    if "`" in metric:
        return quoted(metric)
    return metric.upper() if metric.lower() in _SPOKEN else metric


def limit_text(bound: Bound) -> str:
    """A limit as in mlgit.yaml: `max_rise 2%`."""
    return f"{bound.kind} {bound.amount}{'%' if bound.percent else ''}"


def numbers(result: Result) -> tuple[str | None, str]:
    """The baseline's and the candidate's number; different ones look different, also from the limits."""
    new = Decimal(result.candidate or "NaN")
    old = None if result.baseline is None else Decimal(result.baseline)
    limits = () if old is not None else tuple(Decimal(each.allowed) for each in result.limits if each.allowed)
    apart = limits if old is None else (old,)
    return None if old is None else short(old, apart_from=(new,)), short(new, apart_from=apart)


def percent_text(result: Result) -> str:
    """The change of a gate's number in per cent, or times as much without such a limit; empty from 0."""
    if result.change_percent is None or result.baseline is None or result.candidate is None:
        return ""
    limits = [Decimal(bound.amount) for bound in result.limits if bound.percent]
    relative = relative_text(Decimal(result.candidate), Decimal(result.baseline), percents=limits)
    return relative or f"{signed(rounded(result.change_percent, digits=3))}%"


def result_text(result: Result) -> str:
    """`auc 0.9955 → 0.9962, +0.0007, max_drop 0.005`; without numbers, the message."""
    if result.candidate is None or result.outcome not in {"pass", "fail"} or not result.limits:
        return result.message
    limits = ", ".join(map(limit_text, result.limits))
    old, new = numbers(result)
    if old is None:
        return f"{result.metric} {new}, {limits}" if result.vs is None else result.message
    if result.change == "0":
        return f"{result.metric} {new}, unchanged, {limits}"
    return f"{result.metric} {old} → {new}, {_measured(result)}, {limits}"


def _measured(result: Result) -> str:
    """The change in the unit of the limits, and never the same as a limit that it does not keep."""
    change, percent = result.change or "0", result.change_percent
    if percent is not None and all(bound.percent for bound in result.limits):
        relative = percent_text(result)
        amounts = {Decimal(bound.amount) for bound in result.limits}
        exact = abs(Decimal(percent)) in amounts
        if exact or not _shows(relative, amounts):
            return relative
        apart = [number for each in amounts for number in (each, -each)]
        return f"{signed(rounded(percent, apart_from=apart))}%"
    allowed = [Decimal(bound.allowed) for bound in result.limits if bound.allowed is not None]
    apart = [number for each in allowed for number in (each, -each)]
    return signed(rounded(change, apart_from=apart))


def _shows(relative: str, amounts: Collection[Decimal]) -> bool:
    """Whether a percentage shows one of these amounts."""
    return relative.endswith("%") and abs(Decimal(relative.removesuffix("%"))) in amounts
