"""Destinations: the file or folder of `-o`, refused before any work if nothing can be written there."""

from __future__ import annotations

import os

from mlgit.core.wording import word
from mlgit.errors import StateError, UsageError


def file_destination(folder: str, text: str | None, *, example: str) -> str | None:
    """The path of the file that `-o` names from a folder; None for stdout, which `-` means as well.

    Raises:
        UsageError: it is empty.
        StateError: it is a folder, or its folder is missing or a file; the hint has the `example`.
    """
    if text is None or text == "-":
        return None
    path = text if folder == "." else os.path.join(folder, text)
    if not text:
        raise UsageError("`-o` needs the name of a file", hint=f"write `-o {word(example)}`")
    if text.endswith("/") or os.path.isdir(path):
        inside = word(os.path.join(text, example))
        raise StateError(f"`{text}` is a folder, and `-o` takes a file", hint=f"write `-o {inside}`")
    above, named = os.path.dirname(path) or ".", os.path.dirname(text)
    _require_folder(above, named)
    if not os.path.isdir(above):
        raise StateError(f"There is no folder `{named}` for `{text}`", hint=f"run `mkdir -p {word(above)}`")
    return path


def folder_destination(folder: str, text: str) -> str:
    """The path of the folder that `-o` names from a folder; it need not exist.

    Raises:
        UsageError: it is empty.
        StateError: it or something on the way to it is a file.
    """
    if not text:
        raise UsageError("`-o` needs the name of a folder", hint="write `-o .` for this one")
    path = os.path.join(folder, text)
    _require_folder(path, text)
    return path


def _require_folder(path: str, named: str) -> None:
    """Refuse a path that is a file, or that leads through one."""
    while path and not os.path.lexists(path):
        path, named = os.path.dirname(path), os.path.dirname(named) or named
    if path and os.path.exists(path) and not os.path.isdir(path):
        raise StateError(f"`{named}` is a file, not a folder", hint="name another place with `-o`")
