"""Plain tables: columns are aligned in any script."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from mlgit.render.console import plain, write_rich
from mlgit.render.page import Page, table
from mlgit.render.value_rows import ValueRow, value_table

NAMES = ("main", "実験", "école", "e\u0301cole", "ﾊﾝｶｸ", "Ωμέγα", "→ 1")


@pytest.mark.parametrize("name", NAMES)
def test_the_column_after_a_name_is_aligned_in_any_script(name: str) -> None:
    names = table(("name", "n"), [(name, "1"), ("a longer name", "2")])
    title, first, second = plain([names]).splitlines()
    assert (
        cell_len(first.removesuffix("1"))
        == len(second.removesuffix("2"))
        == title.index("n", 3 + len("name"))
    )


def test_of_names_that_end_alike_the_start_stays_too() -> None:
    end = ".recall-of-the-cases-of-all-sites-in-the-north"
    names = (f"first{end}", f"second{end}", f"alone{end[::-1]}")
    cut = [f"{name[:21]}…{end[-21:]}" for name in names[:2]] + [f"…{names[2][-42:]}"]
    page: Page = [value_table([ValueRow(name, "0.5", "0.6", "+0.1", "", None) for name in names], indent=0)]
    shown = [line.split()[0] for line in plain(page, width=60).splitlines()]
    assert shown == cut
    assert [line.split()[0] for line in plain(page, width=80).splitlines()] == [*names]
    written = io.StringIO()
    write_rich(page, Console(file=written, width=60))
    assert [line.split()[0] for line in written.getvalue().splitlines()] == cut


def test_a_long_name_fits_where_the_terminal_is_wide_enough() -> None:
    name = "a." * 30 + "recall"
    page: Page = [value_table([ValueRow(name, "0.5", "0.6", "+0.1", "worse", better=False)], indent=2)]
    for width in (60, 80, 96):
        (shown,) = plain(page, width=width).splitlines()
        assert len(shown) <= width
        assert (name in shown) is (width > len(name) + 25)


def test_words_in_place_of_a_change_stay_together() -> None:
    rows = (
        ValueRow("auc", "0.9955", "0.9686", "-0.0269 (-2.70%)", "worse", better=False),
        ValueRow("r2", "0.81", "NaN", "not a number", "", better=None),
    )
    text = plain([value_table(rows, indent=0)])
    assert "-0.0269 (-2.70%)  worse" in text
    assert text.splitlines()[1].split("NaN")[1].strip() == "not a number"
