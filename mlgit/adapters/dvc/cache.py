"""Cache: where DVC keeps contents by hash on this machine, and what is there."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.pipeline import is_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.pipeline import Pointer

MAX_READ_BYTES = 64 << 20


class Cache:
    """The DVC cache of one DVC repository.

    Args:
        root: where `.dvc` stands, absolute.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    @cached_property
    def folder(self) -> str:
        """Where the cache is, as `cache.dir` of the nearest configuration level says."""
        found = os.path.join(self._root, ".dvc", "cache")
        for file in configuration_files(self._root):
            place = _cache_dir(file)
            if place:
                found = os.path.normpath(os.path.join(os.path.dirname(file), os.path.expanduser(place)))
        return found

    def path(self, pointer: Pointer) -> str:
        """Where the object is or would be."""
        layout = "" if pointer.legacy else "/files/md5"
        return f"{self.folder}{layout}/{pointer.md5[:2]}/{pointer.md5[2:]}"

    def has(self, pointer: Pointer) -> bool:
        """Whether the object itself is there (the files of a directory are not looked at)."""
        return os.path.exists(self.path(pointer))

    def read(self, pointer: Pointer) -> bytes | None:
        """The bytes of an object, None when it is not here, no file or too large to be read."""
        try:
            with open(self.path(pointer), "rb") as file:
                content = file.read(MAX_READ_BYTES + 1)
        except OSError:
            return None
        return content if len(content) <= MAX_READ_BYTES else None

    def listing(self, pointer: Pointer) -> dict[str, str] | None:
        """Relative path -> MD5 of a directory's files; None when the listing is not here."""
        content = self.read(pointer) if pointer.directory else None
        if content is None:
            return None
        import json

        try:
            found = {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(content)}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if all(map(is_hash, found.values())) else None


def configuration_files(root: str) -> Iterator[str]:
    """DVC's configuration files, the weakest first."""
    mac = sys.platform == "darwin"
    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or (
        "/Library/Application Support/dvc"
        if mac
        else os.path.join(os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")[0] or "/etc/xdg", "dvc")
    )
    home = os.path.expanduser("~")
    own = os.environ.get("DVC_GLOBAL_CONFIG_DIR") or (
        os.path.join(home, "Library", "Application Support", "dvc")
        if mac
        else os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "dvc")
    )
    yield os.path.join(system, "config")
    yield os.path.join(own, "config")
    yield os.path.join(root, ".dvc", "config")
    yield os.path.join(root, ".dvc", "config.local")


def _cache_dir(file: str) -> str | None:
    """`dir` in the section `[cache]` of an INI file."""
    try:
        with open(file, encoding="utf-8") as lines:
            text = lines.read()
    except (OSError, UnicodeDecodeError):
        return None
    section, found = "", None
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line.strip("[] \t").lower()
        elif section == "cache" and "=" in line:
            key, _, value = line.partition("=")
            if key.strip().lower() == "dir":
                found = value.strip().strip("'\"")
    return found
