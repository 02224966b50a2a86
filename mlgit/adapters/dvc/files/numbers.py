"""Numbers: the values of metric and parameter files by the id of their content, remembered between runs.

What a content means never changes, so that nothing here can go stale; deleting the memory costs time only.
"""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.values import metric_values, param_values
from mlgit.core.pipeline.evidence import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.compare.leaderboard import ValueKind
    from mlgit.core.pipeline.evidence import Value

_FORMAT = 1
_FILE = "numbers.json"
MAX_CACHE_BYTES = 16 << 20
# Reading the memory takes 6 ns a byte, reading and taking apart a small JSON file 25 us: so many bytes are
# worth it. A leaderboard of three branches must not read what one of a thousand commits remembered.
_WORTH_BYTES = 4_000
_WORTH_SAVING = 64

Stored = dict[str, object]


class Wanted(NamedTuple):
    """A content to be read: its id, what it is read as, and its path, whose ending says the format."""

    oid: str
    kind: ValueKind
    path: str

    @property
    def cache_key(self) -> str:
        """The same content may be read as a metric or a parameter, and in another format."""
        name = self.path.rpartition("/")[2]
        ending = name[name.rfind(".") :].lower() if "." in name else ""
        return f"{self.kind[0]}:{self.oid}:{ending}"


class Numbers:
    """Values by content.

    Args:
        folder: where they are kept between runs; None keeps none. One that cannot be written, and a file
            that cannot be read, are as good as none.
    """

    def __init__(self, folder: str | None) -> None:
        self._file = None if folder is None else os.path.join(folder, _FILE)
        self._documents = Documents(None)
        self._stored: Stored | None = None
        self._used: Stored = {}
        self._learned: dict[str, Mapping[str, Value]] = {}

    def cached(self, wanted: Iterable[Wanted]) -> dict[Wanted, Mapping[str, Value]]:
        """Those that an earlier run read; the others are for `read`."""
        asked = list(wanted)
        if self._stored is None and self._size() <= len(asked) * _WORTH_BYTES:
            self._stored = self._load()
        found: dict[Wanted, Mapping[str, Value]] = {}
        for each in asked if self._stored else ():
            name = each.cache_key
            packed = self._stored.get(name) if self._stored else None
            values = _unpacked(packed)
            if values is not None:
                found[each] = values
                self._used[name] = packed
        return found

    def read(self, each: Wanted, content: bytes) -> Mapping[str, Value] | Problem:
        """The values of a content, or why there are none."""
        read = metric_values if each.kind == "metric" else param_values
        found = read(content, path=each.path, documents=self._documents)
        if isinstance(found, Problem):
            return found
        self._learned[each.cache_key] = found
        return found

    def save(self) -> None:
        """Remember what this run read, when it is enough to be worth it, and of the rest what fits."""
        if self._file is None or self._stored is None or len(self._learned) < _WORTH_SAVING:
            return
        import tempfile

        kept = self._used | {name: _packed(values) for name, values in self._learned.items()}
        self._learned.clear()
        self._used = kept
        content = _written(kept | {name: old for name, old in self._stored.items() if name not in kept})
        if len(content) > MAX_CACHE_BYTES:
            content = _written(kept)
        if len(content) > MAX_CACHE_BYTES:
            fitting = len(kept) * MAX_CACHE_BYTES // len(content) * 3 // 4
            content = _written(dict(list(kept.items())[:fitting]))
        folder = os.path.dirname(self._file)
        try:
            os.makedirs(folder, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=folder, prefix="numbers-", delete=False
            ) as file:
                file.write(content)
            os.replace(file.name, self._file)
        except OSError:
            return

    def _size(self) -> int:
        """How large the memory is; nothing when it is not there, or none of ours."""
        try:
            size = 0 if self._file is None else os.stat(self._file).st_size
        except OSError:
            return 0
        return size if size <= 2 * MAX_CACHE_BYTES else 0

    def _load(self) -> Stored:
        if self._file is None or not self._size():
            return {}
        import json

        try:
            with open(self._file, encoding="utf-8") as file:
                found = json.load(file)
            if found["format"] == _FORMAT and isinstance(found["values"], dict):
                return dict(found["values"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        return {}


def _written(values: Stored) -> str:
    import json

    return json.dumps({"format": _FORMAT, "values": values}, separators=(",", ":"))


def _packed(values: Mapping[str, Value]) -> dict[str, object]:
    """As JSON that is quick to read: a number is text, a text a list of one."""
    return {
        key: str(value) if isinstance(value, Decimal) else [value] if isinstance(value, str) else value
        for key, value in values.items()
    }


def _unpacked(packed: object) -> Mapping[str, Value] | None:
    """The values again; None for what this program did not write."""
    if not isinstance(packed, dict):
        return None
    found: dict[str, Value] = {}
    for key, value in packed.items():
        if isinstance(value, str):
            try:
                found[key] = Decimal(value)
            except InvalidOperation:
                return None
        elif value is None or isinstance(value, bool):
            found[key] = value
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            found[key] = value[0]
        else:
            return None
    return found
