"""Sentences: what is hard to read on a page: long sentences and private words.

Run it on pages to list what is left: `python -m tests.house.sentences docs/guides/gates.md`.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tests.house.words import ROOT, in_prose

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WORDS = 30
_FENCED = re.compile(r"^ *```.*?^ *```|<!--.*?-->", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|#>]|\d+\.)\s)")
_END = re.compile(r"(?<=[.?!])[*_)\"]*\s+")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a page without code blocks, tables and HTML; inline code is one word."""
    text = _LINK.sub(r"\1", re.sub(r"`[^`]*`", "`x`", _FENCED.sub("\n\n", text)))
    for block in _BLOCK.split(text):
        if not block.lstrip().startswith(("|", "<")):
            yield from filter(None, _END.split(" ".join(block.split())))


def long_sentences(text: str) -> list[str]:
    lengths = [(len(re.findall(r"[\w`'-]+", each)), each) for each in sentences(text)]
    return [f"{number} words: {each}" for number, each in lengths if number > MOST_WORDS]


def private_words(text: str) -> list[str]:
    return in_prose(_FENCED.sub("\n\n", text))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = (ROOT / name).read_text(encoding="utf-8")
        for line in [*long_sentences(page), *private_words(page)]:
            print(f"{name}: {line}")
