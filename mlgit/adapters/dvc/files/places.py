"""Places: paths that DVC's files declare relative to a folder, from the Git root."""

from __future__ import annotations

import posixpath


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
