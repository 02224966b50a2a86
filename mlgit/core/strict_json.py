"""Strict JSON: parse JSON in which no key appears twice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""What json.loads returns."""

# What reading a value of a statement that anyone may have written may raise.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
_ID_LENGTHS = (40, 64)
_DIGITS = frozenset("0123456789abcdef")


def read_json(text: str) -> Json:
    """Parse JSON; a key that appears twice in a mapping is a ValueError."""
    return _decoder()(text)


@cache
def _decoder() -> Callable[[str], Json]:
    import json

    def without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key appears twice")
        return found

    # Made once, because making it takes as long as reading a statement.
    return json.JSONDecoder(object_pairs_hook=without_duplicates).decode


def text_of(value: Json) -> str:
    """A text; one with a zero byte could not be passed to git."""
    if not isinstance(value, str):
        raise TypeError(value)
    if "\0" in value:
        raise ValueError(value)
    return value


def optional_text(value: Json) -> str | None:
    return None if value is None else text_of(value)


def id_of(value: Json) -> str:
    """The whole id of an object: a name, an option or a `^` would mean something else to git."""
    text = text_of(value)
    if len(text) not in _ID_LENGTHS or not _DIGITS.issuperset(text):
        raise ValueError(value)
    return text


def optional_id(value: Json) -> str | None:
    return None if value is None else id_of(value)
