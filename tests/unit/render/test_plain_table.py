"""Plain tables: columns are aligned in any script."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mlgit.render.console import plain
from mlgit.render.page import table
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


def test_a_long_name_is_cut_only_where_it_stays_another_one() -> None:
    end = ".recall-of-the-cases-of-all-sites-in-the-north"
    names = (f"first{end}", f"second{end}", f"alone{end[::-1]}")
    rows = [ValueRow(name, "0.5", "0.6", "+0.1", "", None) for name in names]
    shown = [line.split()[0] for line in plain([value_table(rows, indent=0)]).splitlines()]
    assert shown == [*names[:2], f"…{names[2][-39:]}"]


def test_words_in_place_of_a_change_stay_together() -> None:
    rows = (
        ValueRow("auc", "0.9955", "0.9686", "-0.0269 (-2.70%)", "worse", better=False),
        ValueRow("r2", "0.81", "NaN", "not a number", "", better=None),
    )
    text = plain([value_table(rows, indent=0)])
    assert "-0.0269 (-2.70%)  worse" in text
    assert text.splitlines()[1].split("NaN")[1].strip() == "not a number"
