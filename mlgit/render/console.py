"""Console: write pages to a terminal with rich, otherwise as plain text."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.render.page import Cell, Line, Page, Span, Table, cell_spans, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

_STYLES = {
    "": "",
    "ok": "green",
    "bad": "red",
    "careful": "yellow",
    "dim": "dim",
    "strong": "bold",
    "name": "cyan",
    "command": "cyan",
    "allowed": "bold green",
    "warned": "bold yellow",
    "blocked": "bold red",
}
_GAP = "  "
_SHORTEST = 16
WIDTH = 80
"""The columns where nothing says how wide the output is."""


def write(page: Page, stream: IO[str]) -> None:
    """Write a page; rich is loaded only for a terminal."""
    if stream.isatty():
        from rich.console import Console

        write_rich(page, Console(file=stream, highlight=False, soft_wrap=False))
    else:
        columns = os.environ.get("COLUMNS", "")
        stream.write(plain(page, width=int(columns) if columns.isdecimal() and int(columns) else WIDTH))


def plain(page: Page, *, width: int = WIDTH) -> str:
    """The page as plain text, with aligned columns and without escape codes."""
    lines: list[str] = []
    for block in page:
        if isinstance(block, Line):
            texts = ("".join(span.text for span in spans) for spans in wrapped(block, width))
            lines += [text.rstrip() for text in texts]
        else:
            lines += _plain_table(_fitted(block, width))
    return without_passwords("".join(f"{text}\n" for text in lines))


def _cell_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return cell.text if isinstance(cell, Span) else "".join(span.text for span in cell)


def _plain_table(block: Table) -> list[str]:
    columns = []
    for number, cells in enumerate(zip(*block.rows, strict=True)):
        texts = list(map(_cell_text, cells))
        if not "".join(texts).isprintable():
            texts = list(map(clean, texts))
        if any(block.header):
            texts.insert(0, block.header[number])
        align = str.rjust if number in block.right else str.ljust
        if "".join(texts).isascii():
            widest = max(map(len, texts))
            columns.append([align(text, widest) for text in texts])
        else:
            widths = list(map(text_width, texts))
            spare = [max(widths) - width for width in widths]
            columns.append([align(text, len(text) + more) for text, more in zip(texts, spare, strict=True)])
    indent = " " * block.indent
    return [(indent + _GAP.join(row)).rstrip() for row in zip(*columns, strict=True)]


def _fitted(block: Table, width: int) -> Table:
    """The table with shorter texts in the column that may be cut, if it is too wide."""
    if block.cut is None or not block.rows:
        return block
    cells = [list(map(text_width, map(_cell_text, column))) for column in zip(*block.rows, strict=True)]
    widest = [size for size in map(max, cells) if size]
    over = block.indent + sum(widest) + len(_GAP) * (len(widest) - 1) - width
    most = max(max(cells[block.cut]) - over, _SHORTEST)
    if over <= 0:
        return block
    shorter = _shorter([_cell_text(row[block.cut]) for row in block.rows], most)
    rows = zip(block.rows, shorter, strict=True)
    return replace(block, rows=tuple((*row[: block.cut], text, *row[block.cut + 1 :]) for row, text in rows))


def _shorter(texts: Sequence[str], most: int) -> Sequence[str]:
    """The ends of long texts; start and end of those that end alike, and the whole if these do, too."""
    half = (most - 1) // 2
    ends = [text if len(text) <= most else f"…{text[1 - most :]}" for text in texts]
    both = [text if len(text) <= most else f"{text[: most - 1 - half]}…{text[-half:]}" for text in texts]
    counted = Counter(ends), Counter(both)
    return [
        end if counted[0][end] == 1 else other if counted[1][other] == 1 else text
        for text, end, other in zip(texts, ends, both, strict=True)
    ]


def text_width(text: str) -> int:
    """The columns that a text takes on a terminal: two for a Chinese character, none for an accent."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(each) in "WF" else not combining(each) for each in text)


def wrapped(block: Line, width: int) -> list[tuple[Span, ...]]:
    """The line as lines of at most `width` columns, indented; a longer word is not broken.

    Nor is what is between backticks: a command must be one line when it is copied.
    """
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
    text = _with_whole_commands(text)
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


def _with_whole_commands(text: str) -> str:
    """The text with another character for each space between two backticks."""
    parts = text.split("`")
    for number in range(1, len(parts) - 1, 2):
        parts[number] = parts[number].replace(" ", "\0")
    return "`".join(parts)


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


def _styled_table(block: Table) -> list[tuple[Span, ...]]:
    """The rows, with the header, as lines of columns under each other, without blanks at the end."""
    header = [tuple(Span(title, "dim") for title in block.header)] if any(block.header) else []
    rows = [
        [[Span(clean(without_passwords(each.text)), each.style) for each in cell_spans(cell)] for cell in row]
        for row in (*header, *block.rows)
    ]
    widths = [[sum(text_width(each.text) for each in cell) for cell in row] for row in rows]
    widest = [max(column) for column in zip(*widths, strict=True)]
    lines = []
    for row, taken in zip(rows, widths, strict=True):
        spans = [Span(" " * block.indent)]
        for number, cell in enumerate(row):
            spare = Span(" " * (widest[number] - taken[number]))
            spans += [spare, *cell] if number in block.right else [*cell, spare]
            spans.append(Span(_GAP))
        while spans and not spans[-1].text.strip():
            spans.pop()
        lines.append((*spans[:-1], Span(spans[-1].text.rstrip(), spans[-1].style)) if spans else ())
    return lines


def write_rich(page: Page, console: Console) -> None:
    """Write a page with colours; tables that are wider than the terminal fold and are not cut."""
    from rich.text import Text

    for block in page:
        if isinstance(block, Line):
            rows = _styled_lines(block, console.width)
        else:
            fitted = _fitted(block, console.width)
            rows = _styled_table(fitted)
            if any(sum(text_width(each.text) for each in spans) > console.width for spans in rows):
                _write_folded(fitted, console)
                continue
        for spans in rows:
            # What is longer, such as a command, is wrapped by the terminal.
            console.print(Text.assemble(*map(_styled, spans)), soft_wrap=True)


def _styled(span: Span) -> tuple[str, str]:
    return clean(without_passwords(span.text)), _STYLES[span.style]


def _styled_lines(block: Line, width: int) -> list[tuple[Span, ...]]:
    if not any(span.text for span in block.spans):
        return [()]
    if any(span.style == "command" for span in block.spans):
        # The terminal wraps it, so that the command is one line when it is copied.
        return [(Span(" " * block.indent), *block.spans)]
    return wrapped(replace(block, hang=block.hang or 0), width)


def _write_folded(block: Table, console: Console) -> None:
    from rich.padding import Padding
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(
        box=None, show_header=any(block.header), header_style="dim", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for number, title in enumerate(block.header):
        grid.add_column(title, justify="right" if number in block.right else "left", overflow="fold")
    for row in block.rows:
        grid.add_row(*(Text.assemble(*map(_styled, cell_spans(cell))) for cell in row))
    console.print(Padding(grid, (0, 0, 0, block.indent), expand=False))
