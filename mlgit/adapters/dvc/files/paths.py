"""Places: paths that DVC's files declare relative to a folder, from the Git root."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONFIG = ".dvc/config"


def join(folder: str, path: str) -> str:
    """A path from the Git root; absolute paths and URLs stay what they are."""
    if "://" in path or path.startswith("/"):
        return path
    plain = path if folder in {"", "."} else f"{folder}/{path}"
    # Most paths are normal already; finding that out costs a fifth of making them so.
    if "//" not in plain and "./" not in plain and plain[-1:] not in {"/", "."} and path:
        return plain
    return posixpath.normpath(plain)


def folder_of(path: str) -> str:
    """The folder of a file, empty at the root."""
    return path.rpartition("/")[0]


def folders_above(path: str) -> Iterator[str]:
    """Every folder that a path lies in, the nearest first, without the root."""
    folder = folder_of(path)
    while folder:
        yield folder
        folder = folder_of(folder)


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder that one of the paths lies in, without the root."""
    found: set[str] = set()
    for path in paths:
        for folder in folders_above(path):
            if folder in found:
                break
            found.add(folder)
    return found


def repositories(paths: Iterable[str]) -> frozenset[str]:
    """The folders where DVC repositories begin; the root is the empty one."""
    return frozenset(
        path.removesuffix(_CONFIG).rstrip("/")
        for path in paths
        if path == _CONFIG or path.endswith(f"/{_CONFIG}")
    )
