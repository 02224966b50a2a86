"""Conflicts: which files of a merge someone has resolved, though git still lists them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.adapters.git.binary import Git

_OURS, _THEIRS = b"2", b"3"
_TEXT = (b"unspecified", b"set", b"text")


def resolved(git: Git, root: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of these files, by their paths from the root, whose conflict markers are gone.

    Only where git left markers: not in binary files, by an attribute, or where one side deleted the file.
    """
    free = [path for path in paths if _has_text_without_markers(os.path.join(root, path))]
    if not free:
        return ()
    sides: dict[bytes, set[bytes]] = {}
    for entry in git.run("ls-files", "-u", "-z", "--full-name", "--", ":/").split(b"\0")[:-1]:
        facts, _, path = entry.partition(b"\t")
        mode, _, stage = facts.split(b" ")
        if mode.startswith(b"100"):
            sides.setdefault(path, set()).add(stage)
    query = b"".join(b"%s\0" % os.fsencode(os.path.join(root, path)) for path in free)
    words = git.run("check-attr", "-z", "--stdin", "merge", stdin=query).split(b"\0")
    merged = dict(zip(free, words[2::3], strict=False))
    return tuple(
        path
        for path in free
        if sides.get(os.fsencode(path), set()) >= {_OURS, _THEIRS} and merged.get(path) in _TEXT
    )


def _has_text_without_markers(path: str) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return not any(line.startswith(b"<<<<<<<") or b"\0" in line for line in file)
    return False
