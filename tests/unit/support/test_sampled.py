"""Of long tables a sample runs with the whole suite, and nothing else is left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from tests.support.sampled import ROWS, left_out

if TYPE_CHECKING:
    from collections.abc import Sequence


def _items(files: int, rows: int, *, folder: str = "tests/integration") -> Sequence[pytest.Item]:
    """One table of so many rows and a test without a table in each of so many files."""
    names = [*(f"test_table[{row}]" for row in range(rows)), "test_alone"]
    made = [
        SimpleNamespace(nodeid=f"{folder}/test_{file}.py::{name}", path=Path(f"{file}"))
        for file in range(files)
        for name in names
    ]
    return cast("Sequence[pytest.Item]", made)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLGIT_TEST_PROFILE", raising=False)


def test_of_a_long_table_some_rows_run_with_the_whole_suite() -> None:
    left = {item.nodeid for item in left_out(_items(30, ROWS + 3))}
    assert len(left) == 30 * 3
    assert all("test_table[" in name for name in left)


def test_the_thorough_profile_runs_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGIT_TEST_PROFILE", "thorough")
    assert not left_out(_items(30, 9))


@pytest.mark.parametrize(
    "items",
    [_items(30, ROWS), _items(2, 50), _items(30, 50, folder="tests/unit")],
    ids=["short tables", "single files", "fast tests"],
)
def test_nothing_else_is_left_out(items: Sequence[pytest.Item]) -> None:
    assert not left_out(items)
