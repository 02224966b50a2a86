"""Cache: the contents that DVC keeps by hash on this machine."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.fingerprints import Index, checksum, facts_of, now_ns, settled
from mlgit.adapters.dvc.data.hashes import bytes_md5
from mlgit.core.pipeline.stages import Pointer, is_hash
from mlgit.core.wording import word
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator


DAMAGED = "cache_damaged"
MAX_READ_BYTES = 64 << 20
_DIRECTORY = ".dir"
# Objects are in folders named after their first two digits.
_PREFIX = 2


class Cache:
    """The DVC cache of the repository at `root`, the absolute path of the folder with `.dvc`."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._states: dict[bool, tuple[str, bool]] = {}

    @cached_property
    def folder(self) -> str:
        """The cache's folder: `cache.dir` of the nearest configuration level."""
        found = os.path.join(self._root, ".dvc", "cache")
        for file in configuration_files(self._root):
            place = _setting(file, "cache", "dir")
            if place:
                found = os.path.normpath(os.path.join(os.path.dirname(file), os.path.expanduser(place)))
        return found

    @cached_property
    def remote(self) -> str | None:
        """The name of the default remote, from the nearest configuration level that has one."""
        found = [_setting(file, "core", "remote") for file in configuration_files(self._root)]
        return next((each for each in reversed(found) if each), None)

    def path(self, pointer: Pointer) -> str:
        return f"{self._top(legacy=pointer.legacy)}/{pointer.md5[:2]}/{pointer.md5[2:]}"

    def has(self, pointer: Pointer) -> bool:
        """Whether the object itself is there (the files of a directory are not checked)."""
        return _is_there(self.path(pointer))

    def complete(self, pointer: Pointer, index: Index) -> bool:
        """Whether the object and, for a directory, all its files are there.

        The index keeps the result until an object is added or removed.

        Raises:
            StateError: the permissions forbid looking.
        """
        there = self.has(pointer)
        if not pointer.directory or not there:
            return there
        if pointer.legacy not in self._states:
            self._states[pointer.legacy] = self._state(legacy=pointer.legacy)
        state, fresh = self._states[pointer.legacy]
        known = index.complete(pointer, state)
        if known is None:
            files, top = self._sound_listing(pointer), self._top(legacy=pointer.legacy)
            if files is None:  # a listing that is too large to read is not reported as broken
                known = self._size_bytes(pointer) > MAX_READ_BYTES
            else:
                known = all(_is_there(f"{top}/{md5[:2]}/{md5[2:]}") for md5 in files.values())
            if not fresh:
                index.learn_complete(pointer, state, known=known)
        return known

    def _sound_listing(self, pointer: Pointer) -> dict[str, str] | None:
        try:
            return self.listing(pointer)
        except StateError:  # the same as an object that is not there
            return None

    def _state(self, *, legacy: bool) -> tuple[str, bool]:
        """A text that changes when an object is added or removed, and whether it may miss the next change."""
        looked, top = now_ns(), self._top(legacy=legacy)
        try:
            with os.scandir(top) as folders:
                seen = [(each.name, facts_of(each.stat())) for each in folders if len(each.name) == _PREFIX]
        except OSError:
            return "", True
        fresh = not all(settled(facts[1], facts[2], looked) for _, facts in seen)
        return checksum(f"{top} {seen}".encode("utf-8", "surrogateescape")), fresh

    def _size_bytes(self, pointer: Pointer) -> int:
        with suppress(OSError):
            return os.path.getsize(self.path(pointer))
        return 0

    def _top(self, *, legacy: bool) -> str:
        return self.folder if legacy else f"{self.folder}/files/md5"

    def read(self, pointer: Pointer, *, most_bytes: int | None = None) -> bytes | None:
        """The bytes of an object; None if it is not here, not a file, or too large to be read.

        Raises:
            StateError: the object is not what its hash says (code `cache_damaged`).
            OSError: it is larger than `most_bytes` (`errno.EFBIG`).
        """
        path = self.path(pointer)
        if most_bytes is not None and self._size_bytes(pointer) > most_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        try:
            with open(path, "rb") as file:
                content = file.read(MAX_READ_BYTES + 1)
        except OSError:
            return None
        if len(content) > MAX_READ_BYTES:
            return None
        if bytes_md5(content, legacy=pointer.legacy) != pointer.md5.removesuffix(_DIRECTORY):
            raise _damaged(path)
        return content

    def listing(self, pointer: Pointer) -> dict[str, str] | None:
        """Relative path -> MD5 of a directory's files; None if the listing is not here.

        Raises:
            StateError: the listing is not what its hash says.
        """
        content = self.read(pointer) if pointer.directory else None
        if content is None:
            return None
        import json

        try:
            found = {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(content)}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if all(map(is_hash, found.values())) else None


def _damaged(path: str) -> StateError:
    error = StateError(
        f"The object at `{path}` in the DVC cache is not what its hash says",
        hint=f"run `rm -f {word(path)}`, then `dvc fetch --all-commits`",
    )
    error.code = DAMAGED
    return error


def configuration_files(root: str) -> Iterator[str]:
    """DVC's configuration files, the weakest first."""
    env, home = os.environ, os.path.expanduser("~")
    if sys.platform == "darwin":
        system, own = "/Library/Application Support", os.path.join(home, "Library", "Application Support")
    else:
        system = env.get("XDG_CONFIG_DIRS", "").split(":")[0] or "/etc/xdg"
        own = env.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    yield os.path.join(env.get("DVC_SYSTEM_CONFIG_DIR") or os.path.join(system, "dvc"), "config")
    yield os.path.join(env.get("DVC_GLOBAL_CONFIG_DIR") or os.path.join(own, "dvc"), "config")
    yield os.path.join(root, ".dvc", "config")
    yield os.path.join(root, ".dvc", "config.local")


def _setting(file: str, wanted: str, name: str) -> str | None:
    """The value of a key in a section of an INI file."""
    try:
        with open(file, encoding="utf-8") as lines:
            text = lines.read()
    except (OSError, UnicodeDecodeError):
        return None
    section, found = "", None
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line[1:].partition("]")[0].strip("[ \t").lower()
        elif section == wanted and "=" in line:
            key, _, value = line.partition("=")
            if key.strip().lower() == name:
                found = _unquoted(value.strip())
    return found


def _is_there(path: str) -> bool:
    """Whether a file exists. Raises StateError: the permissions forbid looking, so the file may exist."""
    try:
        os.stat(path)
    except PermissionError as error:
        raise StateError(
            f"The DVC cache at `{path}` must not be read",
            hint="have its owner run `chmod -R g+rX` there, and set `dvc config cache.shared group`",
        ) from error
    except OSError:
        return False
    return True


def _unquoted(value: str) -> str:
    """A value without its quotes and without a comment after it."""
    if value[:1] in {"'", '"'}:
        return value[1:].partition(value[0])[0]
    return value.partition("#")[0].rstrip()
