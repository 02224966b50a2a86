"""Typed here: the commands of a page, as they work in the current folder.

Git and DVC take paths from the current folder, and mlgit names files from the root of the repository.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.overview.next_step import takes_paths, typed_in
from mlgit.render.page import Line, Span

if TYPE_CHECKING:
    from mlgit.render.page import Page

_QUOTED = re.compile(r"`([^`]+)`")


def typed_here(page: Page, folder: str, *, root: str) -> Page:
    """The page, with every command that names paths in a subshell that goes to the root first."""

    def change(text: str) -> str:
        if takes_paths(text) and "`" not in text:
            return typed_in(folder, text, root=root)
        return _QUOTED.sub(lambda found: f"`{typed(found[1])}`", text)

    def typed(quoted: str) -> str:
        return typed_in(folder, quoted, root=root) if takes_paths(quoted) else quoted

    return [
        Line(
            spans=tuple(Span(change(each.text), each.style) for each in block.spans),
            indent=block.indent,
            hang=block.hang,
        )
        if isinstance(block, Line)
        else block
        for block in page
    ]
