"""Fields: values of a forge's response, of their documented type; TypeError otherwise."""

from __future__ import annotations

from typing import Any


def number(row: Any, *path: str) -> int:  # noqa: ANN401 (any JSON)
    value = _at(row, path)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(path)
    return value


def text(row: Any, *path: str) -> str:  # noqa: ANN401
    """A text; `""` for null."""
    value = _at(row, path)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(path)
    return value


def text_or_none(row: Any, *path: str) -> str | None:  # noqa: ANN401
    """A text; None if it, or an object on the path, is null, empty or missing."""
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row if isinstance(row, str) and row else None


def _at(row: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    for name in path:
        row = row[name]
    return row
