"""Metric names, directions and decimal comparisons."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.pipeline import metrics
from mlgit.core.pipeline.evidence import MetricFile
from tests.support.verdicts import metric_file

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Value

FILES = (
    metric_file(path="metrics/test.json", auc="0.9", test__f1="0.8", test__loss="0.1"),
    metric_file(path="metrics/train.json", auc="0.95", train__f1="0.9", a__b__c="1"),
)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("test.f1", ["metrics/test.json:test.f1"]),
        ("loss", ["metrics/test.json:test.loss"]),
        ("b.c", ["metrics/train.json:a.b.c"]),
        ("c", ["metrics/train.json:a.b.c"]),
        ("a.b.c", ["metrics/train.json:a.b.c"]),
        (".c", []),
        ("oss", []),
        ("a.b", []),
        ("auc", ["metrics/test.json:auc", "metrics/train.json:auc"]),
        ("f1", ["metrics/test.json:test.f1", "metrics/train.json:train.f1"]),
        ("metrics/test.json:auc", ["metrics/test.json:auc"]),
        ("metrics/test.json:f1", []),
        ("metrics/nowhere.json:auc", []),
        ("", []),
    ],
)
def test_a_name_is_a_whole_dotted_suffix_or_the_full_form(name: str, places: list[str]) -> None:
    assert [place.full_name for place in metrics.find(name, FILES)] == places


def test_a_single_number_has_an_empty_key_and_a_full_name() -> None:
    file = metric_file(path="metrics/auc.json", **{"": "0.5"})
    assert [place.value for place in metrics.find("metrics/auc.json:", [file])] == [Decimal("0.5")]


@pytest.mark.parametrize(
    ("name", "first"), [("acu", "metrics/test.json:auc"), ("f11", "metrics/test.json:test.f1")]
)
def test_an_unknown_name_gives_the_nearest_name(name: str, first: str) -> None:
    assert first in metrics.near_names(name, FILES)


def test_a_name_near_nothing_gives_the_first_names() -> None:
    assert len(metrics.near_names("zzz", FILES, most=3)) == 3


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("auc", "up"),
        ("test.AUC", "up"),
        ("metrics/test.json:test.f1", "up"),
        ("val_accuracy", "up"),
        ("ndcg@10", None),
        ("logloss", "down"),
        ("test.log_loss", "down"),
        ("latency.p95_ms", "down"),
        ("train_loss", "down"),
        ("rows", None),
        ("auc.rows", None),
        ("aucx", None),
        ("results.arc_easy.acc_norm,none", "up"),
        ("results.gsm8k.exact_match,strict-match", "up"),
        ("results.wikitext.word_perplexity,none", "down"),
        ("results.arc_easy.acc_stderr,none", None),
    ],
)
def test_well_known_names_have_a_direction(name: str, direction: str | None) -> None:
    assert metrics.direction_of(name, {}) == direction


def test_a_declared_direction_wins_and_the_longest_name_first() -> None:
    declared = {"score": "up", "risk.score": "down", "loss": "up"}
    assert metrics.direction_of("test.score", declared) == "up"  # type: ignore[arg-type]
    assert metrics.direction_of("risk.score", declared) == "down"  # type: ignore[arg-type]
    assert metrics.direction_of("a/b.json:loss", declared) == "up"  # type: ignore[arg-type]
    assert metrics.direction_of("xscore", declared) is None  # type: ignore[arg-type]


def test_a_difference_is_exact_unlike_floats() -> None:
    assert metrics.difference(Decimal("0.895"), Decimal("0.9")) >= Decimal("-0.005")
    assert not 0.895 - 0.9 >= -0.005
    assert metrics.difference(Decimal("1e300"), Decimal(1)) < Decimal("1e300")


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999", "9" * 2000])
def test_absurd_numbers_do_not_crash(text: str) -> None:
    huge = Decimal(text)
    change = metrics.difference(huge, Decimal("0.9"))
    assert len(metrics.computed(change)) < 40
    assert metrics.compare(change, Decimal(0)) in {-1, 1}
    assert len(metrics.short(huge)) < 40
    metrics.percent_change(change, Decimal("0.9"))
    metrics.share(huge, Decimal("0.5"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.1234567894", "0.123456789"),
        ("1.50000", "1.5"),
        ("-0", "0"),
        ("1E+3", "1000"),
        ("123456789012", "123456789000"),
        ("1e-20", "1E-20"),
        ("NaN", "NaN"),
    ],
)
def test_computed_numbers_have_nine_digits_and_no_trailing_zeros(value: str, text: str) -> None:
    assert metrics.computed(Decimal(value)) == text


def test_a_short_number_never_looks_equal_to_its_limit() -> None:
    low = Decimal("0.95")
    assert metrics.short(Decimal("0.949999999999"), apart_from=(low,)) == "0.949999999999"
    assert metrics.short(Decimal("0.949999999999")) == "0.95"
    assert metrics.short(Decimal("0.95"), apart_from=(low,)) == "0.95"
    assert metrics.short("Infinity") == "Infinity"
    tiny = Decimal("0.1" + "0" * 60 + "1")
    assert metrics.short(tiny, apart_from=(Decimal("0.1"),)) == str(tiny)


@pytest.mark.parametrize("other", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_short_number_ignores_others_that_are_not_finite(other: str) -> None:
    assert metrics.short(Decimal("0.950000000001"), apart_from=(Decimal(other),)) == "0.95"


@pytest.mark.parametrize(
    ("change", "baseline", "percent"),
    [("0", "0", "0"), ("1", "0", None), ("1", "-4", "25"), ("-1", "8", "-12.5")],
)
def test_percent_is_of_the_absolute_baseline(change: str, baseline: str, percent: str | None) -> None:
    found = metrics.percent_change(Decimal(change), Decimal(baseline))
    assert (None if found is None else metrics.computed(found)) == percent


finite = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)


@given(finite, finite)
def test_differences_are_antisymmetric(one: Decimal, other: Decimal) -> None:
    assert metrics.difference(one, other) == metrics.difference(other, one).copy_negate()


@given(finite)
def test_computed_text_reads_back_within_nine_digits(value: Decimal) -> None:
    back = Decimal(metrics.computed(value))
    assert abs(back - value) <= abs(value) * Decimal("1e-8")


@given(st.text(max_size=20), st.dictionaries(st.text(max_size=10), st.just(Decimal(1)), max_size=5))
def test_a_found_metric_has_the_name_that_was_looked_up(name: str, values: dict[str, Value]) -> None:
    file = MetricFile(path="m.json", values=values)
    for place in metrics.find(name, [file]):
        assert place.key == name or place.key.endswith(f".{name}") or name == place.full_name


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("12345678", "12345678"),
        ("-12345678", "-12345678"),
        ("1700000000123", "1700000000123"),
        ("123456789012345678901", "123456789012345678901"),
        ("1E+3", "1000"),
        ("1E+20", "1E+20"),
        ("1234567.0", "1234567"),
        ("1234567.8940001", "1234567.89"),
        ("12345.67800001", "12345.68"),
        ("123.45678", "123.45678"),
        ("123.456780001", "123.457"),
        ("0.9298245614035088", "0.929825"),
        ("0.50", "0.5"),
        ("0", "0"),
        ("1e-9", "1E-9"),
    ],
)
def test_a_stored_number_keeps_its_integer_part_and_two_decimals(value: str, shown: str) -> None:
    assert metrics.short(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("12345677", "12345677"),
        ("0.037012345", "0.03701"),
        ("-689.1234", "-689.1"),
        ("123456.789", "123457"),
        ("0.3", "0.3"),
        ("Infinity", "Infinity"),
    ],
)
def test_a_computed_number_has_four_digits(value: str, shown: str) -> None:
    assert metrics.rounded(value) == shown


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12),
    st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12),
)
def test_two_numbers_never_look_the_same_and_are_never_far_off(one: Decimal, other: Decimal) -> None:
    shown = metrics.short(one, apart_from=(other,)), metrics.short(other, apart_from=(one,))
    assert (shown[0] == shown[1]) == (one == other)
    assert abs(Decimal(shown[0]) - one) <= Decimal("0.005")
