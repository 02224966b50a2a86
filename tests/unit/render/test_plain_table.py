"""Plain tables: columns are aligned in any script."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mlgit.render.console import plain
from mlgit.render.page import table

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
