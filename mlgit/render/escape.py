"""Escape: text of users inside Markdown that a forge renders.

A hostile metric name must not become markup, ping a person, link an issue, run a quick action or look like
a verdict. Forges interpret nothing in code spans, so that names are there as they are; only a character that
would end a table's cell or look like HTML needs `<code>` and entities. Prose gets entities, and after each
character that starts a mention or a link an invisible one that ends it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from mlgit.core.wording import quoted as fenced

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = re.compile(r"[^|<>]+")
_BACKTICKS = re.compile(r"`+")
_FIRST_PICTURE = 0x2150  # before it are `°` and `℃`, which units need
_PROSE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.()%=+-'/;?:>→…²\N{MULTIPLICATION SIGN}"
)
_STARTERS = frozenset("@#!$%&^~:")
_BREAK = "&#8203;"
_LINK = re.compile(r"(?i)www\.|\bg[hl]-(?=[0-9])")
# What begins a quotation, a command of GitLab, a list, or the line below a heading.
_START = re.compile(r">|/|(?:[+-]|[0-9]+[.)])(?: |$)|[ =-]+$")
LONGEST = 300
_LONGEST_SENTENCE = 4000
"""More than the longest list of a note has, which ends with `and N more`, once its names are cut."""
_LONGEST_READ = 64_000
_HEAD, _TAIL = 60, 40


def visible(text: str, *, most: int = LONGEST) -> str:
    """The text in one line, without characters that control a terminal or imitate a verdict's mark."""
    kept = []
    for char in " ".join(text.split()):
        picture = unicodedata.category(char) == "So" and ord(char) >= _FIRST_PICTURE
        symbol = picture or unicodedata.name(char, "").startswith("VARIATION")
        kept.append("\N{REPLACEMENT CHARACTER}" if symbol or not char.isprintable() else char)
    line = "".join(kept)
    return line if len(line) <= most else f"{line[: most - 1]}…"


@lru_cache(maxsize=8192)
def code(text: str) -> str:
    """A name as a code span; one that a code span cannot have as `<code>` with entities."""
    shown = visible(text)
    if not shown:
        return "`-`"
    if _CODE.fullmatch(shown):
        return fenced(shown)
    entities = (
        each if each == " " or (each.isascii() and each.isalnum()) else f"&#{ord(each)};" for each in shown
    )
    return f"<code>{''.join(entities)}</code>"


@lru_cache(maxsize=8192)
def prose(text: str) -> str:
    """A sentence; text between backticks, or between as many of them, becomes code.

    In a long one, names are cut, so that its list is there with all of them and the number of the others.
    """
    shown = visible(text, most=_LONGEST_READ)
    found, left = [], _LONGEST_SENTENCE
    for part, is_name in _parts(shown):
        own = _name(part, len(shown)) if is_name else part
        if len(own) > left:
            found.append(_escaped(f"{'' if is_name else own[: max(left - 1, 0)]}…"))
            break
        found.append(code(own) if is_name else _escaped(own))
        left -= len(own)
    return "".join(found)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """(part of a sentence, whether it is between backticks)."""
    at = 0
    while (start := _BACKTICKS.search(text, at)) is not None:
        ends = (each for each in _BACKTICKS.finditer(text, start.end()) if each[0] == start[0])
        end = next(ends, None)
        yield text[at : start.start() if end else start.end()], False
        if end:
            name = text[start.end() : end.start()]
            yield name, name != " "  # a space names nothing
        at = end.end() if end else start.end()
    yield text[at:], False


def _name(text: str, length: int) -> str:
    """A name in a sentence of a length: of a long one without spaces its start and its end."""
    is_cut = length > LONGEST and len(text) > _HEAD + _TAIL and " " not in text
    return f"{text[:_HEAD]}…{text[-_TAIL:]}" if is_cut else text


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
        plain = plain and (position > 0 or _START.match(text) is None)
        pieces.append(char if plain else f"&#{ord(char)};")
        following = text[position + 1 : position + 2]
        if char in _STARTERS and following not in {"", " ", ")", ","}:
            pieces.append(_BREAK)
    return "".join(pieces)


def _in_word(text: str, position: int) -> bool:
    """Whether a character is an underscore inside a word, which never begins or ends emphasis."""
    around = text[max(0, position - 1) : position], text[position + 1 : position + 2]
    return text[position] == "_" and all(char.isascii() and char.isalnum() for char in around)
