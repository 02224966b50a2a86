"""`--where`: conditions are parsed and applied, and wrong ones are refused at their position."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.compare.row_filter import parse_condition
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Value

NAN = Decimal("NaN")


@pytest.mark.parametrize(
    ("text", "name", "operator", "value"),
    [
        ("auc > 0.9", "auc", ">", Decimal("0.9")),
        ("auc>=.9", "auc", ">=", Decimal("0.9")),
        (" test.auc <= 1e-3 ", "test.auc", "<=", Decimal("0.001")),
        ("metrics/test.json:auc != nan", "metrics/test.json:auc", "!=", NAN),
        ("train.shuffle = true", "train.shuffle", "=", True),
        ("model == forest", "model", "=", "forest"),
        ("model = 'random forest'", "model", "=", "random forest"),
        ('model = "0.5"', "model", "=", "0.5"),
        ("'odd > name' > 1", "odd > name", ">", Decimal(1)),
        ("`p(x) = y`<2", "p(x) = y", "<", Decimal(2)),
        ("loss < -inf", "loss", "<", Decimal("-Infinity")),
        ("build = 2024_01", "build", "=", "2024_01"),
        ("build = \u0661", "build", "=", "\u0661"),
        ("loss > +.5E+3", "loss", ">", Decimal("5E+2")),
        ("name with spaces = 1", "name with spaces", "=", Decimal(1)),
    ],
)
def test_a_condition_is_a_name_a_comparison_and_a_value(
    text: str, name: str, operator: str, value: Value
) -> None:
    found = parse_condition(text)
    assert (found.name, found.operator) == (name, operator)
    assert str(found.value) == str(value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("auc", "There is no comparison", 4),
        ("", "There is no comparison", 1),
        ("> 3", "does not name a metric", 1),
        ("auc >", "has no value to compare with", 6),
        ("auc > 1 and loss < 2", "takes one comparison", 9),
        ("0 < auc < 1", "takes one comparison", 9),
        ("auc > 'x", "never closed", 7),
        ("'auc > 1", "never closed", 1),
        ("auc = 'x' y", "more text after the value", 10),
        ("'auc' 1", "There is no comparison", 7),
    ],
)
def test_a_wrong_condition_is_refused_at_the_wrong_position(text: str, message: str, column: int) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_condition(text)
    where = caught.value.location
    assert where is not None
    assert (where.column, where.snippet) == (column, text)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("x > 1", Decimal("1.5"), True),
        ("x > 1", Decimal(1), False),
        ("x >= 1", Decimal("1.0"), True),
        ("x = 0.1", Decimal("0.10"), True),
        ("x > 1", NAN, False),
        ("x < 1", NAN, False),
        ("x = nan", NAN, True),
        ("x != nan", Decimal(1), True),
        ("x != 1", NAN, True),
        ("x > 1", "2", False),
        ("x = 2", "2", False),
        ("x = '2'", "2", True),
        ("x = true", True, True),
        ("x = 1", True, False),
        ("x > b", "c", True),
        ("x > 1", None, False),
        ("x != 1", None, False),
        ("x < 1e400", Decimal("1e399"), True),
        ("x > 1e400", Decimal("Infinity"), True),
    ],
)
def test_a_row_without_the_value_meets_no_condition_and_nan_equals_only_nan(
    text: str,
    value: Value,
    holds: bool,  # noqa: FBT001
) -> None:
    assert parse_condition(text).holds(value) is holds


@given(st.text(max_size=12))
def test_any_text_is_a_condition_or_refused_at_a_position_in_it(text: str) -> None:
    place: int | None = 1
    try:
        found = parse_condition(text)
        assert found.name
    except UsageError as error:
        place = None if error.location is None else error.location.column
    assert place is not None
    assert 1 <= place <= len(text) + 1
