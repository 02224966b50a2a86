"""Memory: cache files under `.git/mlgit/`, each replaced as a whole; losing one costs only time."""

from __future__ import annotations

import os
import sys
import time
from binascii import crc32
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")

_LONGEST_WRITE_S = 60
_LONGEST_HEAD = 64
_LONGEST_INTEGER_BITS = 14_000


class Memory:
    """One cache file in a folder, which need not exist; if `folder` is None, nothing is kept.

    A file that is missing, torn, foreign, too large or of another format is ignored; the next write replaces
    it. If the folder is not writable, nothing is kept. While one run writes the file, other runs do not.

    Args:
        format_number: must be raised when the same content would mean something else.
        limit_bytes: larger content is neither read nor written; None for no limit.
    """

    __slots__ = ("_format", "_limit", "_path")

    def __init__(
        self, folder: str | None, name: str, *, format_number: int, limit_bytes: int | None = None
    ) -> None:
        self._path = None if folder is None else os.path.join(folder, name)
        self._format = format_number
        self._limit = limit_bytes

    @property
    def room_bytes(self) -> int:
        """How long content may be."""
        return sys.maxsize if self._limit is None else self._limit - _LONGEST_HEAD

    def size_bytes(self) -> int:
        """The size of the file; 0 if it would not be read."""
        try:
            size = 0 if self._path is None else os.stat(self._path).st_size
        except OSError:
            return 0
        return 0 if self._limit is not None and size > self._limit else size

    def read(self) -> bytes | None:
        """The content; None if there is no valid file."""
        if self._path is not None and self.size_bytes():
            with suppress(OSError), open(self._path, "rb") as file:
                head, content = file.readline(_LONGEST_HEAD), file.read()
                return content if head == self._head(content) else None
        return None

    def read_json(self) -> object:
        """The value that `write_json` was given; None if there is no valid file."""
        content = self.read()
        if content is not None:
            import json

            with suppress(ValueError, RecursionError):
                return json.loads(content)
        return None

    def write(self, content: bytes) -> bool:
        """Replace the file in one step, or leave it as it is; False if the content is too large."""
        head = self._head(content)
        if self._limit is not None and len(head) + len(content) > self._limit:
            return False
        if self._path is not None:
            self._replace(self._path, head, content)
        return True

    @staticmethod
    def _replace(path: str, head: bytes, content: bytes) -> None:
        half = f"{path}.half"
        with suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _remove_abandoned(half)
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                with open(descriptor, "wb") as file:
                    file.writelines((head, content))
                os.replace(half, path)  # after closing: a full disk may show only then
            except BaseException:
                with suppress(OSError):
                    os.unlink(half)
                raise

    def write_json(self, value: object) -> bool:
        """Replace the file by a value that round-trips through JSON; False if it does not or is too large."""
        if self._path is None:
            return True
        import json

        try:
            content = json.dumps(value, separators=(",", ":")).encode()
        except (ValueError, RecursionError):
            return False
        return self.write(content)

    def _head(self, content: bytes) -> bytes:
        return b"mlgit cache %d %08x\n" % (self._format, crc32(content))


class Table:
    """Values by key in a cache file, which is read when the first value is needed.

    Values that this run did not use are kept as long as all keys together are at most `room_bytes` long. If
    those that it used are too many for the file, the first of them are kept.
    """

    def __init__(self, memory: Memory, *, room_bytes: int) -> None:
        self._memory = memory
        self._room = room_bytes
        self._used: dict[str, object] = {}
        self._grown = False

    def get(self, key: str) -> tuple[object] | None:
        """The value, in a tuple because it may be None."""
        if key not in self._used:
            if key not in self._earlier:
                return None
            self._used[key] = self._earlier[key]
        return (self._used[key],)

    def learn(self, key: str, value: object) -> None:
        """Add a value; it is kept only if it round-trips through JSON."""
        self._used[key] = value
        self._grown = True

    def save(self) -> None:
        """If this run added a value: keep the values that it used, and others as space allows."""
        if not self._grown:
            return
        self._grown = False
        known = self._earlier
        used = {key: value for key, value in self._used.items() if key in known or round_trips_json(value)}
        kept, size = dict(used), sum(map(len, used))
        for key, value in known.items():
            size += len(key)
            if size > self._room:
                break
            kept.setdefault(key, value)
        if not self._memory.write_json(kept):
            self._memory.write_json(dict(fitting([*used.items()], most_bytes=self._memory.room_bytes)))

    @cached_property
    def _earlier(self) -> dict[str, object]:
        cached = self._memory.read_json()
        return cached if isinstance(cached, dict) else {}


def fitting(values: Sequence[_T], *, most_bytes: int) -> list[_T]:
    """The first values, as many as fit in so many bytes of JSON, but at least one."""
    import json

    size, fit = 1, 0
    for value in values:
        size += len(json.dumps(value, separators=(",", ":"))) + 1
        if fit and size > most_bytes:
            break
        fit += 1
    return list(values[:fit])


def round_trips_json(value: object) -> bool:
    """Whether a value is the same after JSON.

    Keys that are numbers would become text, and Python refuses to write integers of over 4,300 digits.
    """
    if isinstance(value, dict):
        return all(isinstance(key, str) and round_trips_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(round_trips_json(item) for item in value)
    if isinstance(value, int):
        return value.bit_length() <= _LONGEST_INTEGER_BITS
    return value is None or isinstance(value, (str, float))


def _remove_abandoned(half: str) -> None:
    """Remove a half-written file of a run that was killed or whose disk was full."""
    with suppress(FileNotFoundError):
        if abs(time.time() - os.stat(half).st_mtime) > _LONGEST_WRITE_S:
            os.remove(half)
