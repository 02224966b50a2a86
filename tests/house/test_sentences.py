"""Sentences: pages for users are in short sentences and plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.house.sentences import MOST_WORDS, hard
from tests.house.words import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Generated pages, and pages for developers of mlgit with the details of measurements and comparisons.
DETAILS = {
    "docs/benchmarks.md",
    "docs/decisions/0001-records.md",
    "docs/disagreements.md",
    "docs/proofs.md",
    "docs/reference/cli.md",
}
# Not looked at yet.
LATER = ("docs/start/", "docs/tutorial.md", "docs/from-", "docs/guides/from-", "docs/guides/python.md")
PAGES = [
    path
    for path in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    if path.relative_to(ROOT).as_posix() not in DETAILS
    and not path.relative_to(ROOT).as_posix().startswith(LATER)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_easy_to_read(page: Path) -> None:
    assert hard(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A gate " + "really " * MOST_WORDS + "fails.", 1),
        ("A gate " + "really " * (MOST_WORDS - 3) + "fails.", 0),
        ("One.\nTwo is `a b c` here. " + "Three " * MOST_WORDS, 0),
        ("- one\n" * MOST_WORDS + "| " + "cell " * (MOST_WORDS + 1) + "|\n", 0),
        ("```\n" + "told " * (MOST_WORDS + 1) + "\n```\nNobody said `nobody`.", 2),
        ("| what is told |\n", 1),
    ],
)
def test_long_sentences_and_private_words_are_found(text: str, found: int) -> None:
    assert len(hard(text)) == found
