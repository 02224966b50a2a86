"""Paths: turn paths relative to a folder, as DVC's files have them, into paths from the Git root."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CONFIG = ".dvc/config"


def join(folder: str, path: str) -> str:
    """A path from the Git root; absolute paths and URLs are not changed."""
    if "://" in path or path.startswith("/"):
        return path
    plain = path if folder in {"", "."} else f"{folder}/{path}"
    # Most paths are normal; this check takes a fifth of the time of `normpath`.
    if "//" not in plain and "./" not in plain and plain[-1:] not in {"/", "."} and path:
        return plain
    return posixpath.normpath(plain)


def folder_of(path: str) -> str:
    """The folder of a file; empty at the root."""
    return path.rpartition("/")[0]


def folders_above(path: str) -> Iterator[str]:
    """Every folder above a path, the nearest first, without the root."""
    folder = folder_of(path)
    while folder:
        yield folder
        folder = folder_of(folder)


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder above one of the paths, without the root."""
    found: set[str] = set()
    for path in paths:
        for folder in folders_above(path):
            if folder in found:
                break
            found.add(folder)
    return found


def repositories(paths: Iterable[str]) -> frozenset[str]:
    """The root folders of DVC repositories; the Git root is the empty one."""
    return frozenset(
        path.removesuffix(_CONFIG).rstrip("/")
        for path in paths
        if path == _CONFIG or path.endswith(f"/{_CONFIG}")
    )
