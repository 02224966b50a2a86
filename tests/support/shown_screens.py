"""Shown screens: compare what a page shows below a command with what the command prints now.

These differ in each run, and a screen is still the same:

- commit ids and digests, if each one on the page replaces one of this run
- ages and durations (`3 s ago`, `0.4 s`), dates and times of day
- the version of mlgit (`mlgit 0.2.0`), and the number of spaces between columns

A line `…` on the page replaces any number of lines.
"""

from __future__ import annotations

import re

ANY_LINES = "…"
_ID = r"(?<![\w.])[0-9a-f]{7,64}(?!\w)"
# What a page may show -> what may be printed instead; the group is an id.
_VARYING = {
    "id": (_ID, r"([0-9a-f]{7,64})"),
    "age": (r"(?<![\w.])\d+(?:\.\d+)? (?:ms|s|min|h|days?)\b", r"\d+(?:\.\d+)? (?:ms|s|min|h|days?)"),
    "date": (
        r"(?<!\d)\d{4}-\d\d-\d\d(?:T\d[\d.:-]*\d)?(?!\d)",
        r"\d{4}-\d\d-\d\d(?:T\d[\d.:-]*\d)?",
    ),
    "time": (r"\b\d\d:\d\d(?::\d\d)?\b", r"\d\d:\d\d(?::\d\d)?"),
    "version": (r"(?<=\bmlgit )\d+\.\d+\.\d+[\w.+]*", r"\d+\.\d+\.\d+[\w.+]*"),
    "gap": (r"(?<=\S) {2,}", " {2,}"),
}
_ANY_VARYING = re.compile("|".join(f"(?P<{kind}>{shown})" for kind, (shown, _) in _VARYING.items()))
_ABBREVIATED = 7  # hexadecimal digits, as git prints them


class Screens:
    """The screens of one page and one run; knows which id of the run is which id of the page."""

    def __init__(self) -> None:
        self._on_page: dict[str, str] = {}

    def match(self, shown: str, printed: str) -> bool:
        """Whether a screen of the page is what was printed."""
        found = re.fullmatch(_pattern(shown), printed)
        if found is None:
            return False
        known = dict(self._on_page)
        for on_page, real in zip(_ids(shown), found.groups(), strict=True):
            if known.setdefault(real[:_ABBREVIATED], on_page[:_ABBREVIATED]) != on_page[:_ABBREVIATED]:
                return False
        if len(set(known.values())) < len(known):
            return False
        self._on_page = known
        return True

    def with_ids_of_page(self, printed: str) -> str:
        """What was printed, with the ids of the page as far as they are known."""

        def on_page(real: re.Match[str]) -> str:
            start, rest = real.group()[:_ABBREVIATED], real.group()[_ABBREVIATED:]
            return self._on_page.get(start, start) + rest

        return re.sub(_ID, on_page, printed)


def _ids(shown: str) -> list[str]:
    return [each["id"] for each in _ANY_VARYING.finditer(shown) if each["id"]]


def _pattern(shown: str) -> str:
    """The regular expression of what may be printed instead of a screen of whole lines."""
    return "".join(
        r"(?:.*\n)*" if line == ANY_LINES else rf"{_line_pattern(line)}\n" for line in shown.splitlines()
    )


def _line_pattern(line: str) -> str:
    pattern, end = "", 0
    for varying in _ANY_VARYING.finditer(line):
        pattern += re.escape(line[end : varying.start()]) + _VARYING[varying.lastgroup or ""][1]
        end = varying.end()
    return pattern + re.escape(line[end:])
