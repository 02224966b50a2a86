"""Page: the lines and tables that a command shows, without colours and widths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import NamedTuple, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Style = Literal[
    "", "ok", "bad", "careful", "dim", "strong", "name", "command", "allowed", "warned", "blocked"
]


_SPACES = str.maketrans("\n\r\t", "   ")


class Span(NamedTuple):
    """A text in one style."""

    text: str
    style: Style = ""


Cell = str | Span | tuple[Span, ...]
"""The content of a table's cell."""


@record
class Line:
    """One line, indented by a number of spaces.

    With `hang` it is wrapped at the width of the terminal, and its next lines are indented by that much more.
    """

    spans: tuple[Span, ...]
    indent: int = 0
    hang: int | None = None


@record
class Table:
    """Columns under a header; `right` has the numbers of the columns that are aligned right.

    `cut` is the number of the column whose long texts lose their start if the terminal is too narrow.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: frozenset[int] = frozenset()
    indent: int = 2
    cut: int | None = None


Block = Line | Table
Page = list[Block]


def line(*parts: str | Span, indent: int = 0, hang: int | None = None) -> Line:
    spans = tuple(part if isinstance(part, Span) else Span(part) for part in parts)
    return Line(spans=spans, indent=indent, hang=hang)


def field(name: str, *parts: str | Span) -> Line:
    return line(Span(f"{name}: ", "dim"), *parts, indent=2)


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    right: Iterable[int] = (),
    indent: int = 2,
    cut: int | None = None,
) -> Table:
    """A table; every row needs as many cells as the header."""
    cells = tuple(tuple(row) for row in rows)
    return Table(header=tuple(header), rows=cells, right=frozenset(right), indent=indent, cut=cut)


def cell_spans(cell: Cell) -> tuple[Span, ...]:
    if isinstance(cell, str):
        return (Span(cell),)
    return (cell,) if isinstance(cell, Span) else cell


def clean(text: str) -> str:
    """Text of users without control characters, so that it cannot control a terminal; lines become one."""
    if text.isprintable():
        return text
    spaced = text.translate(_SPACES)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in spaced)
