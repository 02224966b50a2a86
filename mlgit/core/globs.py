"""Globs: paths from the root with `*`, `?` and `**`, matched in a time that no pattern makes long."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WILDCARDS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_PARTS = r"\*\*/|\*\*|\*|\?|[^*?]+"
_MOST_STARS = 3
"""Stars in a regular expression, whose time grows with the length of a path to the power of their number."""


_IN_FOLDER = "in a folder"
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T_]?\d[\d.:-]*\d)?")


def latest(paths: Iterable[str]) -> list[str]:
    """The paths; of those that differ only in a date or time, as of repeated evaluations, the latest."""
    found: dict[str, str] = {}
    for path in paths:
        kind = any_time(path)
        found[kind] = max(found.get(kind, ""), path)
    return list(found.values())


def later(path: str, other: str) -> bool:
    """Whether a path is another one with a later date or time."""
    return path > other and any_time(path) == any_time(other)


def any_time(path: str) -> str:
    """The glob that a path matches with any other date or time; without one, the path itself."""
    return _TIME.sub("*", path)


@cache
def glob_pattern(glob: str) -> re.Pattern[str] | _Steps:
    """A glob from the root: `*` and `?` stay in one folder, `**` crosses folders."""
    whole = re.sub(r"(?:\*\*/){2,}", "**/", glob)
    parts = re.findall(_PARTS, whole)
    if sum(part[0] == "*" for part in parts) > _MOST_STARS:
        return _Steps(parts)
    return re.compile("".join(_WILDCARDS.get(part) or re.escape(part) for part in parts), re.DOTALL)


class _Steps:
    """A glob with many stars: all places in it where a path may be are followed at once."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._steps: list[str] = []
        for part in parts:
            if part == "**/":
                self._steps += ["**/", _IN_FOLDER]
            else:
                self._steps += [part] if part in _WILDCARDS else part

    def fullmatch(self, path: str, /) -> bool | None:
        places = self._reached([0])
        for char in path:
            places = self._reached(after for at in places for after in self._after(at, char))
            if not places:
                return None
        return len(self._steps) in places or None

    def _reached(self, places: Iterable[int]) -> set[int]:
        """The places, and those that are reached from them without a character."""
        found: set[int] = set()
        for at in places:
            ahead = at
            while ahead not in found:
                found.add(ahead)
                step = self._steps[ahead] if ahead < len(self._steps) else None
                ahead += {"*": 1, "**": 1, "**/": 2}.get(step or "", 0)
        return found

    def _after(self, at: int, char: str) -> Iterator[int]:
        """The places that a character leads to."""
        step = self._steps[at] if at < len(self._steps) else None
        if step == "**":
            yield at
        elif step == _IN_FOLDER:
            yield at - 1 if char == "/" else at
        elif step in {"*", "?", "**/"}:
            if char != "/":
                yield at if step == "*" else at + 1
        elif step == char:
            yield at + 1
