"""Parts: the lines of one key of `mlgit.yaml`, also where the file is invalid elsewhere."""

from __future__ import annotations

import re


def part_of(content: str, key: str) -> str:
    """The lines of a key at the top of the file; empty if there is none, or if the file is one line."""
    starts = re.compile(rf"(['\"]?){re.escape(key)}\1\s*:")
    found: list[str] = []
    inside = False
    for line in content.splitlines():
        if line[:1].strip() and not line.startswith("#"):
            inside = starts.match(line) is not None
        if inside:
            found.append(line.rstrip())
    return "\n".join(found).strip()
