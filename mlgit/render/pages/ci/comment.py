"""Page of `mlgit ci comment`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Page, Span, Style, line

if TYPE_CHECKING:
    from mlgit.core.forge.comments import Action
    from mlgit.core.forge.posting import PostResult
    from mlgit.core.forge.protocol import CheckState

_STYLES: dict[CheckState, Style] = {"success": "ok", "failure": "bad", "running": "careful"}
_WORDS: dict[Action, str] = {
    "created": "wrote a comment",
    "updated": "changed the comment",
    "unchanged": "left the comment as it is",
}


def page(record: PostResult) -> Page:
    """The comments and the check that show the report."""
    found: Page = []
    for comment in record.comments:
        where = f": {comment.url}" if comment.url else ""
        found.append(line(f"{_WORDS[comment.action]} on pull request {comment.number}{where}"))
    if record.check is not None:
        check = record.check
        state = Span(check.state, _STYLES.get(check.state, ""))
        found.append(line(f"set the check `{check.name}` of {check.commit[:7]} to ", state))
    return found
