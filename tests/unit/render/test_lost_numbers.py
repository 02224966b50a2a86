"""What is worst is first everywhere: a number that is not one any more, and lists are compared as well."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.values import metric_values
from mlgit.core.compare.changes import Diff, Side, value_changes
from mlgit.core.compare.metric_tables import metric_tables
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.core.pipeline.evidence import MetricFile, Problem
from mlgit.render.page import Table
from mlgit.render.pages.check import page as check_page
from mlgit.render.pages.diff import page as diff_page
from mlgit.render.report.report import markdown
from tests.support.reports import one, together
from tests.support.verdicts import absolute, metric_file
from tests.unit.render.test_report_rows import column, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.gates.verdict import Check

PATH = "metrics/test.json"


def read(text: str) -> MetricFile:
    """The file as its reader has it, with what is not a metric."""
    others: dict[str, str] = {}
    values = metric_values(text.encode(), path=PATH, documents=Documents(None), others=others)
    if isinstance(values, Problem):
        return MetricFile(path=PATH, values={}, problems=(values,))
    return MetricFile(path=PATH, values=values, others=others)


def record_of(before: str, after: str) -> Check:
    case, empty = one("tumor", {}, {}, gates=())
    old, new = read(before), read(after)
    changes = metric_changes([new], [old], model="tumor", directions={})
    return replace(together((case, empty)), metrics=changes)


def names_in(blocks: object) -> list[str]:
    """The names of a page's only table of values."""
    (found,) = (block for block in blocks if isinstance(block, Table))  # type: ignore[attr-defined]
    return [str(row[0]).strip() for row in found.rows]


LISTS = [
    ("[[10, 2], [3, 40]]", "[[11, 2], [3, 39]]"),
    ("[]", "[1]"),
    ("[1]", "null"),
    ("null", "[]"),
    ('["a"]', "[1]"),
    ("[true]", "[1]"),
    ("[null]", "[0]"),
    ('[{"a": [0.1]}]', '[{"a": [0.10000000001]}]'),
    (str(list(range(5000))), str([*range(4999), 0])),
    ("[" * 300 + "1" + "]" * 300, "[" * 300 + "2" + "]" * 300),
]


@pytest.mark.parametrize(("before", "after"), LISTS)
def test_lists_and_nulls_that_differ_are_changes_in_every_table(before: str, after: str) -> None:
    old, new = f'{{"auc": 0.9, "cm": {before}}}', f'{{"auc": 0.9, "cm": {after}}}'
    record = record_of(old, new)
    (found,) = [each for each in record.metrics if each.key == "cm"]
    assert found.changed
    assert found.old_text != found.new_text
    text = markdown(record)
    assert column(text, "metric") == ["`cm`"]
    assert column(text, "change") == ["changed"]
    assert "All metrics: 1 of 2 changed" in text
    values = metric_tables([read(old)], [read(new)])[:2]
    (change,) = value_changes(*values)
    assert (change.key, change.kind) == ("cm", "modified")


@pytest.mark.parametrize(("same", "_"), LISTS)
def test_lists_and_nulls_that_are_the_same_did_not_change(same: str, _: str) -> None:
    old = f'{{"auc": 0.9, "cm": {same}}}'
    assert [each.key for each in record_of(old, old).metrics] == ["auc"]
    assert value_changes(*metric_tables([read(old)], [read(old)])[:2]) == ()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('{"auc": 0.9, "f1": 1}', '{"auc": 0.', "All metrics: 2, not known whether they changed<"),
        ('{"auc": 0.9}', '{"auc":', "All metrics: 1, not known whether it changed<"),
        ('{"auc":', '{"auc": 1, "f1": 1}', "All metrics: 2<"),
    ],
)
def test_numbers_that_could_not_be_read_are_not_counted_as_changed(old: str, new: str, text: str) -> None:
    assert text in markdown(record_of(old, new))


BEFORE = {
    "gone": "1",
    "nan": "1",
    "ninf": "1.5",
    "loss": "1",
    "rows": "10",
    "f1": "0.5",
    "accuracy": "0.9",
    "back": "NaN",
}
AFTER = {
    "nan": "NaN",
    "ninf": "-Infinity",
    "loss": "2",
    "rows": "100",
    "f1": "0.9",
    "accuracy": "0.91",
    "back": "1",
}
ORDER = ["gone", "nan", "ninf", "loss", "rows", "accuracy", "f1"]


def the_same_order(found: list[str]) -> list[str]:
    return [name for name in found if name in ORDER]


def test_every_screen_has_lost_numbers_first_and_the_best_last() -> None:
    def numbers(values: Mapping[str, str]) -> dict[str, Decimal]:
        return {key: Decimal(text) for key, text in values.items()}

    record = together(one("tumor", AFTER, BEFORE, gates=()))
    text = markdown(record)
    shown = the_same_order([cell.strip("`") for cell in column(text, "metric")])
    assert shown == ORDER
    assert the_same_order(names_in(check_page(record))) == ORDER
    changes = value_changes({PATH: numbers(BEFORE)}, {PATH: numbers(AFTER)}, directions={})
    old, new = (Side(text=name, label=name, commit=None) for name in ("a", "b"))
    diff = Diff(old=old, new=new, metrics=changes)
    assert the_same_order(names_in(diff_page(diff))) == ORDER
    texts = dict(zip(column(text, "metric"), column(text, "change"), strict=True))
    assert (texts["`nan`"], texts["`ninf`"], texts["`back`"]) == ("not a number", "infinite", "changed")


@pytest.mark.parametrize(
    ("before", "after", "cells"),
    [
        ('{"cm": [1]}', '{"cm": [2]}', ("`[1]`", "`[2]`", "changed")),
        ('{"cm": 1}', '{"cm": [2]}', ("1", "`a list`", "changed")),
        ('{"cm": 1}', "{}", ("1", "-", "gone")),
    ],
)
def test_a_gate_without_a_number_has_one_row_with_its_base(
    before: str, after: str, cells: tuple[str, str, str]
) -> None:
    gate = absolute("floor", "cm", low="0")
    case, empty = one("tumor", {}, {}, gates=(gate,))
    changes = metric_changes([read(after)], [read(before)], model="tumor", directions={})
    text = markdown(replace(together((case, empty)), metrics=changes))
    assert column(text, "metric") == ["`cm`"]
    row = dict(zip(*rows(text)[:2], strict=True))
    assert (row["base"], row["this change"], row["change"]) == cells


def test_a_check_names_the_file_of_a_metric_that_an_unchanged_file_has() -> None:
    old = [metric_file(path=path, auc="1") for path in ("a.json", "b.json")]
    new = [metric_file(path="a.json", auc="2"), old[1]]
    changes = metric_changes(new, old, model="tumor", directions={})
    record = replace(record_of("{}", "{}"), metrics=changes)
    assert names_in(check_page(record)) == ["a.json:auc"]
