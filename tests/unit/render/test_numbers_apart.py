"""Different numbers look different in every table, and no row contradicts its own mark."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from mlgit.core.compare.change_text import change_text
from mlgit.core.pipeline import metrics
from mlgit.render.report.report import markdown
from tests.support.reports import one, together
from tests.support.verdicts import absolute, change
from tests.unit.render.test_report_rows import column, rows

if TYPE_CHECKING:
    from mlgit.core.config.file import Gate

PAIRS = [
    ("0.9366666666", "0.9366666667"),
    ("0.93666666661", "0.93666666662"),
    ("0.9366666666666666", "0.936666666666667"),
    ("0.936667", "0.9366666666666666"),
    ("999999.9999999", "1000000.0000001"),
    ("0.30000000000000004", "0.3"),
    ("0.3333333333333333", "0.3333333333333334"),
    ("1E-300", "1.0000000001E-300"),
    ("-0.12345678901", "-0.12345678902"),
    ("123456789.00000001", "123456789.00000002"),
]


@pytest.mark.parametrize(("one_side", "other"), [pair for each in PAIRS for pair in permutations(each)])
def test_two_stored_numbers_never_look_the_same(one_side: str, other: str) -> None:
    first = metrics.short(one_side, apart_from=(Decimal(other),))
    second = metrics.short(other, apart_from=(Decimal(one_side),))
    assert first != second


@pytest.mark.parametrize(("before", "after"), [pair for each in PAIRS for pair in permutations(each)])
@pytest.mark.parametrize("gated", [False, True])
def test_two_numbers_of_a_row_never_look_the_same(before: str, after: str, *, gated: bool) -> None:
    gates = (change("near", "auc", vs="base", limits={"max_drop": "1"}),) if gated else ()
    text = markdown(together(one("tumor", {"auc": after}, {"auc": before}, gates)))
    row = dict(zip(*rows(text)[:2], strict=True))
    assert row["base"] != row["this change"].strip("*")
    assert row["change"] != "unchanged"


NEAR = [
    (absolute("low", "auc", low="0.3333333333333334"), "0.3333333333333333", "0.1"),
    (absolute("high", "auc", high="0.3"), "0.30000000000000004", "0.30000000000000004"),
    (absolute("high", "auc", high="0.3"), "0.30000000000000004", "0.1"),
    (absolute("high", "auc", high="0.95"), "0.9500000000000001", "0.9"),
]


@pytest.mark.parametrize(("gate", "after", "before"), NEAR)
def test_a_number_beyond_its_limit_does_not_look_like_it(gate: Gate, after: str, before: str) -> None:
    text = markdown(together(one("tumor", {"auc": after}, {"auc": before}, (gate,))))
    shown = column(text, "this change")[0].strip("*")
    limit = column(text, "limit")[0].split()[-1]
    assert Decimal(shown) != Decimal(limit)
    assert (Decimal(shown) > Decimal(limit)) == (Decimal(after) > Decimal(limit))


CHANGES = [
    ("0.9", "0.8949999", {"max_drop": "0.005"}),
    ("0.9", "0.9050001", {"max_rise": "0.005"}),
    ("1", "1.020000001", {"max_rise": "2%"}),
    ("1", "0.979999999", {"max_drop": "2%"}),
    ("1", "1.020000001", {"max_rise": "0.02"}),
]


@pytest.mark.parametrize(("before", "after", "limits"), CHANGES)
def test_a_change_beyond_its_limit_does_not_look_like_it(
    before: str, after: str, limits: dict[str, str]
) -> None:
    gate = change("g", "auc", vs="base", limits=limits)
    text = markdown(together(one("tumor", {"auc": after}, {"auc": before}, (gate,))))
    assert column(text, "result") == ["❌ failed"]
    amount, percent = column(text, "change")[0].replace("(", "").replace(")", "").split()[:2]
    (limit,) = limits.values()
    shown = percent if limit.endswith("%") else amount
    assert abs(Decimal(shown.rstrip("%"))) != Decimal(limit.rstrip("%"))


def test_a_change_that_only_reaches_its_limit_is_written_as_it() -> None:
    two = Decimal(2)
    assert change_text(Decimal("1.02"), Decimal(1), percents=(two,)) == "+0.02 (+2.00%)"
    assert change_text(Decimal("1.020000001"), Decimal(1), percents=(two,)) == "+0.02 (+2.0000001%)"
