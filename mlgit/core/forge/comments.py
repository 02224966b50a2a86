"""Comments: find the one comment of each report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.forge.protocol import Comment

Action = Literal["created", "updated", "unchanged"]


@record
class Posted:
    """The comment with the report; `removed` counts the surplus ones that were deleted."""

    action: Action
    id: int
    url: str | None
    removed: int = 0


def same_text(one: str, other: str) -> bool:
    """Whether two texts look the same on a forge, which may change line ends and outer blanks."""
    return _plain(one) == _plain(other)


def marked(body: str, marker: str) -> bool:
    """Whether the marker is the last line of a text; further up it may be a quotation."""
    return _plain(body).rpartition("\n")[2].strip() == marker


def ours(comments: Iterable[Comment], marker: str) -> list[Comment]:
    """The token's own comments with this marker, oldest first; another user may have pasted the marker."""
    found = (each for each in comments if each.mine and marked(each.body, marker))
    return sorted(found, key=lambda each: each.id)


def equal_comment(comments: Iterable[Comment], body: str) -> Comment | None:
    """The token's own comment with this text, if there is one."""
    return next((each for each in comments if each.mine and same_text(each.body, body)), None)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
