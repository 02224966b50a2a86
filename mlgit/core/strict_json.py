"""Strict JSON: parse JSON in which no key appears twice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""What json.loads returns."""


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
