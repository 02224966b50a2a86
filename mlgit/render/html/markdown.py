"""Markdown to HTML: only the Markdown that our reports are made of, and no other HTML in it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from mlgit.render.svg import FIGURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.token import Token

_TAG = re.compile(r"</?(?:details|summary|sub|code|strong|br)>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# A document has one heading at the top, a comment begins with a smaller one.
_HEADINGS = {"h3": "h1", "h4": "h2"}


def to_html(markdown: str) -> tuple[str, str]:
    """The text of the first heading, and the body."""
    parser = MarkdownIt("commonmark").enable("table").disable("image")
    tokens = parser.parse(markdown)
    for token in _every(tokens):
        token.tag = _HEADINGS.get(token.tag, token.tag)
        # What ends a mention for a forge is only a place to break a line here.
        if token.type == "text":
            token.content = token.content.replace("\N{ZERO WIDTH SPACE}", "")
        if token.type in {"html_block", "html_inline"}:
            token.content = _allowed(token.content)
    _label_cells(tokens)
    title = next((token.children or [] for token in tokens if token.type == "inline"), [])
    return _text(title), str(parser.renderer.render(tokens, parser.options, {}))


def _label_cells(tokens: Sequence[Token]) -> None:
    """Give each cell the title of its column, which a narrow page shows in front of it."""
    titles: list[str] = []
    place = 0
    for token, content in pairwise(tokens):
        if token.type == "table_open":
            titles = []
        elif token.type == "tr_open":
            place = 0
        elif token.type == "th_open":
            titles.append(_text(content.children or ()))
        elif token.type == "td_open":
            if titles[place]:
                token.attrSet("data-label", titles[place])
            place += 1


def _every(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _allowed(html: str) -> str:
    """The HTML with our own tags and figures; all other tags become text."""
    if html.startswith(FIGURE):
        return html
    kept, end = [], 0
    bare = _COMMENT.sub("", html)
    for found in _TAG.finditer(bare):
        kept += [_escaped(bare[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*kept, _escaped(bare[end:])])


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _text(tokens: Iterable[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in {"text", "code_inline"})
