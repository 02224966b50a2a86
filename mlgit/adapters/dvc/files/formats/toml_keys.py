"""TOML keys: find dotted keys that Python's TOML parser would take minutes for."""

from __future__ import annotations

import re

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# At the start of a line, in the brackets of a table, or in an inline table.
_DOTTED = re.compile(rf"(?:^|[\[{{,])[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART}){{8,}})[ \t]*[=\]]", re.MULTILINE)
# The parser looks at each part of a key once for every part before it; half a second.
_MOST_STEPS = 4_000_000


def deep_key(text: str) -> int | None:
    """The line of the dotted key with which all keys together take too long; None if they do not."""
    steps = 0
    for found in _DOTTED.finditer(text):
        steps += (found[1].count(".") + 1) ** 2
        if steps > _MOST_STEPS:
            return text.count("\n", 0, found.start(1)) + 1
    return None
