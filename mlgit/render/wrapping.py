"""Wrapping: break a line of spans at the width of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.render.page import Line, Span, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def text_width(text: str) -> int:
    """The columns that a text takes on a terminal: two for a Chinese character, none for an accent."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(each) in "WF" else not combining(each) for each in text)


def wrapped(block: Line, width: int) -> list[tuple[Span, ...]]:
    """The line as lines of at most `width` columns, indented; a longer word is not broken."""
    spans = [Span(clean(each.text), each.style) for each in block.spans]
    if block.hang is None:
        return [(Span(" " * block.indent), *spans)]
    text = "".join(each.text for each in spans)
    lines, indent = [], block.indent
    for start, end in _slices(text, block, width):
        lines.append((Span(" " * indent), *_part(spans, start, end)))
        indent = block.indent + block.hang
    return lines


def _slices(text: str, block: Line, width: int) -> Iterator[tuple[int, int]]:
    """The start and the end of each line; the first one is at least as long as the hanging indent."""
    hang = block.hang or 0
    start, least, room = 0, hang, width - block.indent
    while text_width(text[start:]) > room:
        end = _last_space(text, start, least, room)
        if end < 0:
            break
        yield start, end
        start = end + len(text[end:]) - len(text[end:].lstrip(" "))
        least, room = 0, width - block.indent - hang
    if start < len(text) or not text:
        yield start, len(text)


def _last_space(text: str, start: int, least: int, room: int) -> int:
    """The last space that fits, or else the first one after it; -1 without one."""
    taken, last = 0, -1
    for at in range(start, len(text)):
        if text[at] == " " and at > start + least:
            if taken > room and last >= 0:
                return last
            last = at
            if taken > room:
                return last
        taken += text_width(text[at])
    return last


def _part(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    at = 0
    for each in spans:
        text = each.text[max(0, start - at) : max(0, end - at)]
        if text:
            yield Span(text, each.style)
        at += len(each.text)
