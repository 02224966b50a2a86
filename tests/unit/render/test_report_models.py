"""Reports of several models: the worst first, and of many models one table before what is folded."""

from __future__ import annotations

import pytest

from mlgit.render.report.report import markdown
from tests.support import reports
from tests.support.reports import BASE, BETTER, WORSE, one, together

KINDS = {
    "worse": WORSE,
    "slow": BASE | {"latency.p95_ms": "61.25"},
    "better": BETTER,
    "lower": BASE | {"accuracy": "0.94"},
    "same": BASE,
}


def made(number: int) -> str:
    """A report of this many models, of all kinds, whose names are not in the order of the report."""
    kinds = list(KINDS.items())[::-1]
    parts = []
    for place in range(number):
        name, values = kinds[place % len(kinds)]
        if name == "worse":
            values = WORSE | {"auc": f"0.{958 - place}"}
        parts.append(one(f"{place:02}-{name}", values, BASE))
    return markdown(together(*parts))


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a report as rows of cells, without their lines under the header."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [[table[0], *table[2:]] for table in found if table]


@pytest.mark.parametrize("number", [6, 12, 40])
def test_many_models_are_one_table_the_worst_first(number: int) -> None:
    text = made(number)
    top = text.partition("<details>")[0]
    assert len(top.splitlines()) <= 30
    (overview,) = tables(top)
    assert overview[0] == ["result", "model", "gates", "why"]
    assert len(overview) <= 16
    names = [row[1] for row in overview[1:]]
    order = ["worse", "slow", "lower", "better"]
    kinds = [order.index(name[3:]) for name in names]
    assert kinds == sorted(kinds)
    worst = [name for name in names if name.endswith("worse")]
    assert worst == sorted(worst, reverse=True)  # the later ones are further below the limit
    assert names[0] in text.splitlines()[0]
    news = number - text.partition("(each")[0].count("-same")
    rest = f"and {news - 15} more model{'' if news == 16 else 's'}; below"
    assert (rest in top) == (news > 15)


def test_each_model_of_many_has_a_row_with_its_reason() -> None:
    rows = tables(made(6).partition("<details>")[0])[0][1:]
    assert rows == [
        ["❌&nbsp;blocked", "04-worse", "1 of 5 failed, 1 warning", "AUC fell from 0.971 (prod) to 0.954"],
        ["⚠️&nbsp;warning", "03-slow", "4 of 5 passed", "latency.p95_ms is 61.25, max 50"],
        ["✅&nbsp;allowed", "01-lower", "5 of 5 passed", "1 metric is worse"],
        ["✅&nbsp;allowed", "02-better", "5 of 5 passed", "4 metrics changed"],
    ]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_few_models_have_a_section_each(number: int) -> None:
    parts = [one(f"m{place}", WORSE | {"auc": f"0.{958 - place}"}, BASE) for place in range(number)]
    text = markdown(together(*parts))
    heads = [line for line in text.splitlines() if line.startswith("#### ")]
    expected = [
        f"#### ❌ Blocked: m{place}, {1 + (place > 7)} of 5 gates failed, 1 warning"
        for place in reversed(range(number))
    ]
    assert heads == (expected if number > 1 else [])


def test_all_metrics_begin_with_the_worst_change_of_the_worst_model() -> None:
    text = made(6).partition("<summary>All metrics")[2]
    first, *_ = tables(text)
    names = [row[0] for row in first[1:]]
    assert names[0] == "`04-worse metrics/test.json:latency.p95_ms`"
    assert [name[1:3] for name in names[::5]] == ["04", "03", "01", "02", "00", "05"]
    changed = [row[-1] != "" for row in first[1:6]]
    assert changed == [True, True, True, True, False]


@pytest.mark.parametrize("name", reports.SNAPSHOTS)
def test_no_table_of_a_report_has_an_empty_column(name: str) -> None:
    for table in tables(reports.SNAPSHOTS[name]()):
        for title, *column in zip(*table, strict=True):
            assert title, table[0]
            assert any(column), title
