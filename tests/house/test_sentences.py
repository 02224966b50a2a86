"""Sentences: pages are in plain words, and those for users in short sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.house.sentences import MOST_WORDS, long_sentences, private_words
from tests.house.words import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Records of measurements and comparisons, and the help of commands.
DETAILS = ("docs/decisions/", "docs/disagreements.md", "docs/proofs.md", "docs/reference/")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_private_word_is_left_on_a_page(page: Path) -> None:
    assert private_words(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if not page.relative_to(ROOT).as_posix().startswith(DETAILS)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_sentences_of_a_page_are_short(page: Path) -> None:
    assert long_sentences(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A gate " + "really " * MOST_WORDS + "fails.", 1),
        ("A gate " + "really " * (MOST_WORDS - 3) + "fails.", 0),
        ("One.\nTwo is `a b c` here. " + "Three " * MOST_WORDS, 0),
        ("- one\n" * MOST_WORDS + "| " + "cell " * (MOST_WORDS + 1) + "|\n", 0),
        ("```\n" + "word " * (MOST_WORDS + 1) + "\n```\n", 0),
        ("<picture>\n  " + "word " * (MOST_WORDS + 1) + "\n</picture>\n", 0),
    ],
)
def test_long_sentences_are_found(text: str, found: int) -> None:
    assert len(long_sentences(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nobody said `nobody`.", ["nobody", "said"]),
        ("| what is told |\n", ["told"]),
        ("```\nnobody\n```\n<!-- nobody -->\n", []),
    ],
)
def test_private_words_are_found(text: str, found: list[str]) -> None:
    assert private_words(text) == found
