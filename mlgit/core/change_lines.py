"""Change lines: data, params and models of a diff, each told in one line for a report."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgit.core.metrics import short
from mlgit.core.size import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.changes import ContentChange, Diff, ValueChange
    from mlgit.core.evidence import Value

_MOST = 5
_VERBS = {"added": "new", "removed": "gone", "modified": "changed", "unchanged": "unchanged"}


def change_lines(diff: Diff) -> dict[str, str]:
    """`data`, `params` and `model` -> one line; parts that were not compared are left out."""
    lines = {}
    if diff.data is not None:
        lines["data"] = _together([_content(change, change.path) for change in diff.data])
    if diff.params is not None:
        lines["params"] = _together([_value(change) for change in diff.params])
    if diff.models is not None:
        lines["model"] = _together([_content(change, change.model or change.path) for change in diff.models])
    return lines


def _together(texts: Sequence[str]) -> str:
    if not texts:
        return "unchanged"
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return ", ".join(texts[:_MOST]) + more


def _content(change: ContentChange, name: str) -> str:
    counts = (
        (" rows", change.old_rows, change.new_rows),
        (" files", change.old_nfiles, change.new_nfiles),
        ("", _size(change.old_size_bytes), _size(change.new_size_bytes)),
    )
    for unit, old, new in counts:
        if old is not None and new is not None and old != new:
            return f"`{name}` {_VERBS[change.kind]} ({old} -> {new}{unit})"
        if change.kind == "added" and new is not None:
            return f"`{name}` new ({new}{unit})"
    return f"`{name}` {_VERBS[change.kind]}"


def _size(size_bytes: int | None) -> str | None:
    return None if size_bytes is None else size_text(size_bytes)


def _value(change: ValueChange) -> str:
    if change.kind == "added":
        return f"`{change.key}` new: {_shown(change.new)}"
    if change.kind == "removed":
        return f"`{change.key}` gone"
    return f"`{change.key}` {_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: Value) -> str:
    if isinstance(value, Decimal):
        return short(value, digits=9)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)[:80]
