"""JSON: any record as one document with `schema_version`, sorted keys, always valid JSON."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlgit.errors import MlgitError

Json = Any
"""A value that json.dumps accepts."""

SCHEMA_VERSION = 1


def document(record: object) -> str:
    """The record as a JSON document with a line break at its end."""
    tree = to_json(record)
    if not isinstance(tree, dict):
        raise TypeError(f"a document is an object, not {type(record).__name__}")
    return dumps({"schema_version": SCHEMA_VERSION, **tree})


def failure(error: MlgitError) -> str:
    """The error as a document of `schemas/error.schema.json`."""
    problems = getattr(error, "problems", ()) or (error,)
    tree = {
        "code": error.code,
        "exit_code": error.exit_code,
        "message": error.message,
        "hint": error.hint,
        "details": list(error.details),
        "problems": [
            {
                "message": problem.message,
                "path": problem.location.path if problem.location else None,
                "line": problem.location.line if problem.location else None,
                "column": problem.location.column if problem.location else None,
                "expected": problem.expected,
                "hint": problem.hint,
            }
            for problem in problems
        ],
    }
    return dumps({"schema_version": SCHEMA_VERSION, "error": tree})


def dumps(tree: Json) -> str:
    numbers: list[str] = []
    mark = os.urandom(16).hex()  # so that no text of a user is a mark
    tree = _without_long(tree, mark, numbers)
    text = json.dumps(tree, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    if numbers:
        text = re.sub(rf'"{mark}-(\d+)"', lambda found: numbers[int(found[1])], text)
    return text


class LongNumber(str):
    """The text of a number that no binary float has: `dumps` writes it as a number with all its digits."""

    __slots__ = ()


def _without_long(tree: Json, mark: str, numbers: list[str]) -> Json:
    """The tree with a mark in place of each long number, because `json` only writes binary floats."""
    if isinstance(tree, dict):
        return {key: _without_long(item, mark, numbers) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_without_long(item, mark, numbers) for item in tree]
    if isinstance(tree, LongNumber):
        numbers.append(str(tree))
        return f"{mark}-{len(numbers) - 1}"
    return tree


def to_json(value: object) -> Json:  # noqa: PLR0911 (one return per kind of value)
    """Records and named tuples become objects, tuples lists, decimals numbers, NaN and infinities text."""
    if isinstance(value, str):
        # Valid UTF-8: a JSON or Git file may contain half a character.
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (Decimal, float)):
        return _number(Decimal(str(value)))
    if is_dataclass(value) and not isinstance(value, type):
        # `field(metadata={"json": KEY})`: the attribute has a better name than the key that users know, or no
        # key at all if KEY is None.
        keys = {each.name: each.metadata.get("json", each.name) for each in fields(value)}
        return {key: to_json(getattr(value, name)) for name, key in keys.items() if key is not None}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {to_json(str(key)): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _number(value: Decimal) -> int | float | str:
    text = str(value)
    if text.removeprefix("-").isdigit():
        return int(text)
    if not value.is_finite():
        return text
    number = float(value)
    return number if Decimal(repr(number)) == value else LongNumber(text)
