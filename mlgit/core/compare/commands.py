"""Commands: how two commands of a stage differ, in one line that shows every difference to the end."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 100
_AROUND = 20
"""The characters shown before and after a difference."""
_NEXT_LINE = "\N{LEFTWARDS ARROW WITH HOOK}"
_CUT = "\N{HORIZONTAL ELLIPSIS}"
_GRAVE = "\N{MODIFIER LETTER GRAVE ACCENT}"
_SPACES = str.maketrans({" ": "\N{OPEN BOX}", "\t": "\N{RIGHTWARDS ARROW TO BAR}", "\n": _NEXT_LINE})
_THEN = "\x1f"
"""Between two commands while they are compared; no other text has it."""
_COMPARED = 2_000
"""Longer parts are not compared again between their common start and end."""
_MOST = 4_000
"""A longer text is cut in its middle, and says how much is missing."""


def quoted_commands(commands: Sequence[str]) -> str:
    """The commands, each in backticks: `a`, then `b`.

    A new line within a command is shown as `↩`: it ends a comment, or begins another command.
    """
    return _quoted(_line(commands))


def quoted_difference(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    """Both as `quoted_commands`, where they are long without what they share.

    A difference is shown to its end; one of spaces only is shown with marks for these.
    """
    before, after = _line(old), _line(new)
    if before == after and tuple(old) != tuple(new):
        before, after = (_THEN.join(each.translate(_SPACES) for each in side) for side in (old, new))
    if max(len(before), len(after)) <= _WIDTH:
        return _quoted(before), _quoted(after)
    same = _same_parts(before, after)
    ends = {(0, 0), (len(before), len(after))}
    parts = [
        (*each, (each[0], each[1]) in ends, (each[0] + each[2], each[1] + each[2]) in ends) for each in same
    ]
    shown = (
        _without(before, [_Part(start, size, first, last) for start, _, size, first, last in parts]),
        _without(after, [_Part(start, size, first, last) for _, start, size, first, last in parts]),
    )
    return _quoted(shown[0]), _quoted(shown[1])


def _line(commands: Sequence[str]) -> str:
    return _THEN.join(_one_line(command) for command in commands)


def _one_line(command: str) -> str:
    lines = [" ".join(line.split()) for line in command.strip().split("\n")]
    return f" {_NEXT_LINE} ".join(line for line in lines if line)


def _quoted(text: str) -> str:
    if len(text) > _MOST:
        half = _MOST // 2
        text = f"{text[:half]} {_CUT} {len(text) - 2 * half:,} more characters {_CUT} {text[-half:]}"
    text = text.replace("`", _GRAVE).replace(_THEN, "`, then `")
    return f"`{text}`"


def _same_parts(old: str, new: str) -> list[tuple[int, int, int]]:
    """(start in the old, start in the new, length) of what both share, in order."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle = old[start : len(old) - end], new[start : len(new) - end]
    found = [(0, 0, start)]
    if max(map(len, middle)) <= _COMPARED:
        blocks = SequenceMatcher(None, *middle, autojunk=False).get_matching_blocks()
        found += [(start + each.a, start + each.b, each.size) for each in blocks]
    return [*found, (len(old) - end, len(new) - end, end)]


def _common(old: str, new: str) -> int:
    """The number of characters with which both begin."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


class _Part(NamedTuple):
    """A part that two texts share; `first` and `last` say that both begin or end with it."""

    start: int
    size: int
    first: bool
    last: bool


def _without(text: str, same: Sequence[_Part]) -> str:
    """The text; of a long part that is the same, only what is around a difference."""
    parts = []
    at = 0
    for start, size, first, last in same:
        part = text[start : start + size]
        head, tail = (0 if outer else _AROUND for outer in (first, last))
        short = f"{part[:head]}{_CUT}{part[size - tail :]}"
        parts += [text[at:start], part if size <= len(short) else short]
        at = start + size
    return "".join((*parts, text[at:]))
