"""The same change is written the same way in `check`, in `diff`, in `status` and in the report."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mlgit.core.compare.change_text import change_text
from mlgit.core.compare.changes import value_changes
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.render.pages.check import delta
from mlgit.render.pages.diff import value_row
from mlgit.render.report.tables.differences import metric_difference
from tests.support.verdicts import metric_file

PAIRS = [
    ("0.9955", "0.9686"),
    ("0.9298245614035088", "0.9649122807017544"),
    ("100", "0.001"),
    ("12345678", "12345681"),
    ("0.29", "421.4"),
    ("0.083", "0.83049"),
    ("-1", "-12.345"),
    ("-0.5", "0.5"),
    ("0", "5"),
    ("1E-200", "1E+200"),
    ("1", "1.00000001"),
]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_screen_writes_a_change_the_same_way(before: str, after: str) -> None:
    old, new = metric_file(loss=before), metric_file(loss=after)
    (metric,) = metric_changes((new,), (old,), model=None, directions={}, known=True)
    (value,) = value_changes(
        {"metrics.json": {"loss": Decimal(before)}}, {"metrics.json": {"loss": Decimal(after)}}
    )
    text = change_text(Decimal(after), Decimal(before))
    assert delta(metric) == text
    assert value_row(value, "loss").change == text
    assert metric_difference(metric).removesuffix(" worse").removesuffix(" better") == text
