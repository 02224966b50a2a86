"""Commenting: one comment for each report, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.forge.protocol import Comment

Action = Literal["created", "updated", "unchanged"]


@record
class Posted:
    """That the report stands in comment `id`; `removed` counts the surplus ones that were taken away."""

    action: Action
    id: int
    url: str | None
    removed: int = 0


def same_text(one: str, other: str) -> bool:
    """Whether a forge would show the same: line ends, and blanks at both ends, are its own affair."""
    return _plain(one) == _plain(other)


def marked(body: str, marker: str) -> bool:
    """Whether a text ends with the marker on a line of its own; further up it may be a quotation."""
    return _plain(body).rpartition("\n")[2].strip() == marker


def ours(comments: Iterable[Comment], marker: str) -> list[Comment]:
    """Those that we wrote for this report, oldest first; a marker that somebody else pasted is theirs."""
    found = (each for each in comments if each.mine and marked(each.body, marker))
    return sorted(found, key=lambda each: each.id)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
