"""Escape: text of users inside Markdown that a forge renders.

A hostile metric name must not become markup, ping a person, link an issue, run a quick action or look like
a verdict. Forges interpret nothing in code spans. Prose gets entities, and after each character that starts
a mention or a link an invisible one that ends it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PLAIN_CODE = re.compile(r"[A-Za-z0-9 ._/%=+,:()-]+")
_PROSE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.()%=+-'/;?:>→…²\N{MULTIPLICATION SIGN}"
)
_STARTERS = frozenset("@#!$%&^~:")
_BREAK = "&#8203;"
_LINK = re.compile(r"(?i)www\.|\bg[hl]-(?=[0-9])")
LONGEST = 300


def visible(text: str) -> str:
    """The text in one line, without characters that control a terminal or imitate a verdict's mark."""
    kept = []
    for char in " ".join(text.split()):
        symbol = unicodedata.category(char) == "So" or unicodedata.name(char, "").startswith("VARIATION")
        kept.append("\N{REPLACEMENT CHARACTER}" if symbol or not char.isprintable() else char)
    line = "".join(kept)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


@lru_cache(maxsize=8192)
def code(text: str) -> str:
    """A name as a code span; a name with special characters as `<code>` with entities only."""
    shown = visible(text)
    if _PLAIN_CODE.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    entities = (
        each if each == " " or (each.isascii() and each.isalnum()) else f"&#{ord(each)};" for each in shown
    )
    return f"<code>{''.join(entities)}</code>" if shown else "`-`"


@lru_cache(maxsize=8192)
def prose(text: str) -> str:
    """A sentence; text between backticks becomes code."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return _escaped(" ".join(parts))
    pairs = enumerate(parts)
    return "".join((code(part) if part else "") if number % 2 else _escaped(part) for number, part in pairs)


def literal(text: str) -> str:
    """A text in which nothing is interpreted, not even backticks."""
    return _escaped(visible(text))


def _escaped(text: str) -> str:
    text = _LINK.sub(lambda found: f"{found[0][:-1]}\N{ZERO WIDTH SPACE}{found[0][-1]}", text)
    pieces = []
    for position, char in enumerate(text):
        if char == "\N{ZERO WIDTH SPACE}":
            pieces.append(_BREAK)
            continue
        plain = char in _PROSE or (char.isalpha() and not char.isascii()) or _in_word(text, position)
        pieces.append(char if plain else f"&#{ord(char)};")
        following = text[position + 1 : position + 2]
        if char in _STARTERS and following not in {"", " ", ")", ","}:
            pieces.append(_BREAK)
    return "".join(pieces)


def _in_word(text: str, position: int) -> bool:
    """Whether a character is an underscore inside a word, which never begins or ends emphasis."""
    around = text[max(0, position - 1) : position], text[position + 1 : position + 2]
    return text[position] == "_" and all(char.isascii() and char.isalnum() for char in around)
