"""Metrics: find a metric by name, know which way is better, and compute with its numbers."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import cache
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.config.file import Direction
    from mlgit.core.pipeline.evidence import MetricFile, Value


@cache
def _context(precision: int) -> Context:
    return Context(prec=precision, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


MAX_DIGITS = 400
"""The most digits of a number in a metric file, and its largest exponent."""

# Exact for differences and shares of usable numbers; never traps, so that `1e999999999` cannot crash.
_EXACT = _context(2000)
_MOST_DIGITS = _context(MAX_DIGITS)
_NINE_DIGITS = _context(9)
_HUNDRED = Decimal(100)
_PLAIN_EXPONENTS = range(-7, 16)
_LONGEST_INTEGER = 30
_LONGEST_WRITTEN = 11

_UP = frozenset(
    """
    acc accuracy balanced_accuracy top1 top5 top1_accuracy top5_accuracy auc roc_auc auroc auc_roc pr_auc
    auc_pr average_precision avg_prec ap map map50 map_50 map50_95 f1 f1_score f1_macro f1_micro f1_weighted
    macro_f1 micro_f1 weighted_f1 fbeta f2 precision recall sensitivity specificity tpr tnr hit_rate mcc kappa
    r2 r2_score r_squared explained_variance ndcg mrr bleu rouge rouge1 rouge2 rougel meteor iou miou
    jaccard dice gini throughput coverage psnr ssim silhouette acc_norm exact_match pass_1 chrf
    """.split()  # noqa: SIM905 (a word list reads better than 60 quoted lines)
)
_DOWN = frozenset(
    """
    loss error error_rate err rmse mae mse msle rmsle mape smape mdape wape logloss log_loss cross_entropy nll
    perplexity brier brier_score ece mce fpr fnr wer cer fid hinge_loss hamming_loss deviance aic bic
    latency latency_ms latency_s p50_ms p90_ms p95_ms p99_ms size size_bytes size_mb cost cost_eur cost_usd
    memory_mb failure_rate train_time train_time_s inference_time inference_time_ms
    word_perplexity byte_perplexity bits_per_byte
    """.split()  # noqa: SIM905 (a word list reads better than 60 quoted lines)
)
_PREFIXES = ("train_", "valid_", "validation_", "val_", "test_", "dev_", "eval_", "mean_", "avg_")


class Place(NamedTuple):
    """One number's place: a metric file and a dotted key in it."""

    file: MetricFile
    key: str

    @property
    def value(self) -> Value:
        return self.file.values[self.key]

    @property
    def full_name(self) -> str:
        """The form that is never ambiguous: `metrics/test.json:test.auc`."""
        return f"{self.file.path}:{self.key}"


def find(name: str, files: Iterable[MetricFile]) -> tuple[Place, ...]:
    """The places that a metric's name can mean; the name is valid if there is exactly one.

    A name is a whole dotted suffix of a key (`auc` and `test.auc` mean `test.auc`, `uc` does not), or a
    file, a colon and the whole key.
    """
    places = []
    for file in files:
        if name.startswith(f"{file.path}:"):
            key = name[len(file.path) + 1 :]
            if key in file.values:
                return (Place(file, key),)
        places += [Place(file, key) for key in file.values if key == name or key.endswith(f".{name}")]
    return tuple(sorted(places, key=lambda place: place.full_name))


def near_names(name: str, files: Sequence[MetricFile], *, most: int = 5) -> tuple[str, ...]:
    """Names near an unknown one, otherwise the first few of all."""
    from difflib import get_close_matches

    full = {place.full_name: place.key for place in every_place(files)}
    last = name.rpartition(":")[2]
    near = get_close_matches(last, sorted(set(full.values())), n=most, cutoff=0.5)
    chosen = [text for text, key in sorted(full.items()) if key in near or last in key or key in last]
    return tuple((chosen or sorted(full))[:most])


def every_place(files: Iterable[MetricFile]) -> Iterable[Place]:
    return (Place(file, key) for file in files for key in file.values)


def direction_of(name: str, declared: Mapping[str, Direction]) -> Direction | None:
    """Which way is better: as declared (the longest name wins), otherwise as well known, otherwise None."""
    key = name.rpartition(":")[2]
    fitting = [known for known in declared if key == known or key.endswith(f".{known}")]
    if fitting:
        return declared[max(fitting, key=len)]
    return _known_direction(key.rpartition(".")[2])


@cache
def _known_direction(name: str) -> Direction | None:
    name = name.partition(",")[0]  # lm-eval appends a filter, as in `acc,none`
    last = name.lower().replace("-", "_").replace("@", "_").replace(" ", "_")
    for prefix in ("", *_PREFIXES):
        word = last.removeprefix(prefix)
        if word in _UP:
            return "up"
        if word in _DOWN:
            return "down"
    return None


def number(value: Value) -> Decimal | None:
    """The value if it is a number (also NaN and the infinities); None for text and booleans."""
    return value if isinstance(value, Decimal) else None


def usable(value: Decimal) -> bool:
    """Whether gates can compute with a number exactly, or it is not finite, which gates report as such."""
    if not value.is_finite():
        return True
    return abs(value.adjusted()) <= MAX_DIGITS and _MOST_DIGITS.plus(value) == value


def difference(candidate: Decimal, baseline: Decimal) -> Decimal:
    """Subtract exactly (candidate - baseline): in binary floats 0.895 - 0.9 would be below -0.005."""
    return _EXACT.subtract(candidate, baseline)


def share(baseline: Decimal, percent: Decimal) -> Decimal:
    """`percent` % of |baseline|, exactly."""
    return _EXACT.multiply(baseline.copy_abs(), percent).scaleb(-2, _EXACT)


def percent_change(change: Decimal, baseline: Decimal) -> Decimal | None:
    """The change in % of |baseline|; None if the baseline is 0 and the change is not."""
    if not change:
        return Decimal(0)
    if not baseline:
        return None
    return _NINE_DIGITS.divide(_EXACT.multiply(change, _HUNDRED), baseline.copy_abs())


def compare(one: Decimal, other: Decimal) -> int:
    """-1, 0 or 1, for finite numbers of any size."""
    return int(_EXACT.compare(one, other))


def text(value: Decimal) -> str:
    """A number as it was written, or without an exponent if that is short."""
    if not value.is_finite():
        return str(value)
    if not value:
        return "0"
    return f"{value:f}" if value.adjusted() in _PLAIN_EXPONENTS else str(value)


def computed(value: Decimal) -> str:
    """A computed number with at most nine significant digits, without trailing zeros."""
    return text(_NINE_DIGITS.plus(value).normalize(_NINE_DIGITS)) if value.is_finite() else str(value)


def signed(number: str) -> str:
    """The text of a number, with a plus if it is positive."""
    return number if number.startswith("-") or number == "0" else f"+{number}"


def short(value: str | Decimal, *, apart_from: Iterable[Decimal] = (), digits: int = 6) -> str:
    """A stored number for people: as it was written if that is short, and integers always.

    Others are rounded to two decimals or more; the result still differs from the numbers in `apart_from`.
    """
    exact = value if isinstance(value, Decimal) else Decimal(value)
    return _rounded(exact, apart_from, digits=digits, decimals=2, longest=_LONGEST_WRITTEN)


def rounded(value: str | Decimal, *, apart_from: Iterable[Decimal] = (), digits: int = 4) -> str:
    """A computed number for people, like `short`: a difference, or a percentage."""
    exact = value if isinstance(value, Decimal) else Decimal(value)
    return _rounded(exact, apart_from, digits=digits, decimals=0, longest=digits)


def _rounded(
    exact: Decimal, apart_from: Iterable[Decimal], *, digits: int, decimals: int, longest: int
) -> str:
    written = str(exact)
    if not exact.is_finite():
        return written
    if exact and "E" not in written and (len(written) <= longest or len(written.lstrip("-0.")) <= digits):
        return written.rstrip("0").rstrip(".") if "." in written else written
    size = exact.adjusted()
    if size < _LONGEST_INTEGER:
        whole = exact.to_integral_value()
        if exact == whole:
            return text(whole)
        digits = max(digits, size + 1 + decimals)
    if not apart_from:
        return text(exact.normalize(_context(digits)))
    others = [other for other in apart_from if other.is_finite() and compare(exact, other)]
    for precision in range(digits, MAX_DIGITS):
        context = _context(precision)
        nearest = exact.normalize(context)
        # Another one may be rounded as well, or shown as it was written.
        if all(compare(nearest, other) and compare(nearest, context.plus(other)) for other in others):
            return text(nearest)
    return text(exact)
