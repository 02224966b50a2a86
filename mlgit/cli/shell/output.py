"""Output: write to stdout and stderr: not UTF-8, closed, full, or a broken pipe.

None of this changes what a command does, or its exit code; only a full disk is an error of its own.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO, TYPE_CHECKING

from mlgit.errors import ToolError

if TYPE_CHECKING:
    from mlgit.render.page import Cell, Page

_ASCII = {
    "→": "->",
    "←": "<-",
    "✓": "ok",
    "✅": "ok",
    "✗": "x",
    "❌": "x",
    "⚠": "!",
    "🔹": "-",
    "\N{VARIATION SELECTOR-16}": "",
    "\N{ZERO WIDTH SPACE}": "",
    "\N{NO-BREAK SPACE}": " ",
    "\N{MULTIPLICATION SIGN}": "x",
    "·": "-",
    "…": "...",
    "—": "-",
    "█": "#",
}


def prepare_streams() -> None:
    """Make every text writable to stdout and stderr; done once, before a command starts."""
    if None in {sys.stdin, sys.stdout, sys.stderr}:
        _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue  # such as a test's, which takes every text
        if _is_utf8(stream):
            stream.reconfigure(errors="replace")  # a file's name need not be UTF-8
        else:
            import codecs

            codecs.register_error("mlgit.alike", _alike)
            stream.reconfigure(errors="mlgit.alike")


def write_page(page: Page, stream: IO[str]) -> None:
    """Write a page for a person."""
    from mlgit.render.console import write

    try:
        write(page if _is_utf8(stream) else _fitted(page, stream), stream)
    except OSError as error:
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise _unwritable(error) from error
        _discard(stream)


def write_document(text: str) -> None:
    """Write a whole document to stdout: JSON, Markdown, XML and the like are UTF-8 wherever they are kept."""
    if not _is_utf8(sys.stdout) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    write_text(text)


def write_text(text: str) -> None:
    """Write a text for a person to stdout."""
    try:
        sys.stdout.write(_without_passwords(text))
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        raise _unwritable(error) from error


def say(text: str) -> None:
    """Write a line to stderr if that is possible."""
    try:
        sys.stderr.write(f"{_without_passwords(text)}\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def flush() -> None:
    """Write what stdout has buffered, so that a full disk becomes an error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> ToolError:
    """The error for a stdout that is full, which does not mean that nothing was done."""
    return ToolError(
        f"The output could not be written: {error.strerror or error}",
        hint="only the output is missing; before you run this again, see `mlgit status`",
    )


def _without_passwords(text: str) -> str:
    if "://" not in text:
        return text
    from mlgit.core.addresses import without_passwords

    return without_passwords(text)


def _discard(stream: IO[str]) -> None:
    """Let a stream, with what it has buffered, end in nothing."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _open_closed() -> None:
    """Open what is closed of stdin, stdout and stderr; the next file would get its number, and our text."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= 2:  # noqa: PLR2004 (the number of stderr)
        os.set_inheritable(number, True)  # noqa: FBT003 (git needs them, too)
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (open until the end)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _is_utf8(stream: IO[str]) -> bool:
    return getattr(stream, "encoding", None) in {None, "utf-8", "UTF-8"}


def _fitted(page: Page, stream: IO[str]) -> Page:
    """The page in the characters that the stream has, so that columns are aligned."""
    from mlgit.render.page import Line, Span, Table, cell_spans

    encoding: str = getattr(stream, "encoding")  # noqa: B009 (a wrapper has it, too)

    def spans(cell: Cell) -> tuple[Span, ...]:
        return tuple(Span(fit(each.text), each.style) for each in cell_spans(cell))

    def fit(text: str) -> str:
        return text.encode(encoding, "mlgit.alike").decode(encoding)

    return [
        Line(spans=spans(block.spans), indent=block.indent, hang=block.hang)
        if isinstance(block, Line)
        else Table(
            header=tuple(fit(title) for title in block.header),
            rows=tuple(tuple(spans(cell) for cell in row) for row in block.rows),
            right=block.right,
            indent=block.indent,
        )
        for block in page
    ]


def _alike(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 (registered for encoding only)
    lost = error.object[error.start : error.end]
    return "".join(_ASCII.get(char, "?") for char in lost), error.end
