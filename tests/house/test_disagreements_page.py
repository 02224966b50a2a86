"""Disagreements page: it names every known disagreement, and only tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.differential import explained, values

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/disagreements.md").read_text(encoding="utf-8")
NAMES = sorted({*explained.EXPLANATIONS, *values.EXPLANATIONS})
SOURCES = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests/integration").glob("test_*.py")
}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_names_every_known_disagreement(name: str) -> None:
    assert f"**{name}**" in PAGE


def test_the_page_names_only_known_disagreements() -> None:
    assert set(re.findall(r"^\| \*\*([a-z-]+)\*\*", PAGE, flags=re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\btest_\w+(?!\w*\.py)", PAGE))))
def test_every_test_that_the_page_names_exists(name: str) -> None:
    assert f"{name}.py" in SOURCES or any(f"def {name}(" in source for source in SOURCES.values())
