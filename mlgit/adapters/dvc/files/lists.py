"""Lists: the text of a list in a metric file, by which two of them can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.digest import sha256_hex
from mlgit.core.pipeline.evidence import other_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 2000


class _Literal(str):
    """A bracket, a comma or a key, which is not quoted."""

    __slots__ = ()


def null_or_list(value: object) -> str:
    """The text of a value that cannot be a metric, as in `other_text`."""
    return other_text(None if value is None else list_text(value))


def list_text(value: object) -> str:
    """`[[10, 2], [3, 40]]`; a long one ends with a digest of all of it."""
    text = "".join(_parts(value))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… {sha256_hex(text.encode('utf-8', 'replace'))}"


def _parts(value: object) -> Iterator[str]:
    """The parts of the text, without recursion: a list may be nested as deeply as its file could be read."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            inside = [
                part for key, each in item.items() for part in (_Literal(", "), _Literal(f"{key}: "), each)
            ]
            stack += reversed([_Literal("{"), *inside[1:], _Literal("}")])
        elif isinstance(item, (list, tuple, set)):
            every = sorted(map(str, item)) if isinstance(item, set) else item
            inside = [part for each in every for part in (_Literal(", "), each)]
            stack += reversed([_Literal("["), *inside[1:], _Literal("]")])
        else:
            yield _leaf(item)


def _leaf(item: object) -> str:
    if isinstance(item, str):
        return item if isinstance(item, _Literal) else f"'{item}'"
    if isinstance(item, bool):
        return str(item).lower()
    return "null" if item is None else str(item)
