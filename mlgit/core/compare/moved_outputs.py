"""Moved outputs: an output with the same content at another path is neither gone nor new."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.changes import ContentChange, Kind


def joined_moves(changes: Sequence[ContentChange]) -> list[ContentChange]:
    """The changes; one that is gone, and has its content at exactly one new path, is one that moved there."""
    gone, came = _by_content(changes, "removed"), _by_content(changes, "added")
    moved = {key for key, each in gone.items() if len(each) == len(came.get(key, ())) == 1}
    found = []
    for each in changes:
        key = each.model, each.new_md5 if each.kind == "added" else each.old_md5
        if key not in moved or each.kind not in {"added", "removed"}:
            found.append(each)
        elif each.kind == "added":
            found.append(replace(each, moved_from=gone[key][0].path))
    return found


def _by_content(
    changes: Sequence[ContentChange], kind: Kind
) -> dict[tuple[str | None, str | None], list[ContentChange]]:
    found: dict[tuple[str | None, str | None], list[ContentChange]] = {}
    for each in changes:
        md5 = each.new_md5 if kind == "added" else each.old_md5
        if each.kind == kind and md5 is not None:
            found.setdefault((each.model, md5), []).append(each)
    return found
