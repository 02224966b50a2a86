"""Numbers: the values of metric and parameter files by the id of their content, cached between runs.

The same content always has the same values, so nothing here can be stale.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.values import FORMATS, ending_of, metric_values, param_values
from mlgit.adapters.memory import Memory
from mlgit.core.pipeline.evidence import Problem, Value
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlgit.core.compare.leaderboard import ValueKind

_FORMAT = 4
MAX_CACHE_BYTES = 16 << 20
# Reading the cache takes 6 ns per byte; reading and parsing a small JSON file takes 25 us, as long as this
# many bytes. A leaderboard of 3 branches should not load a cache made for 1,000 commits.
_WORTH_BYTES = 4_000
_WORTH_SAVING = 64

_READERS: Mapping[str, Callable[..., Mapping[str, Value] | Problem]] = {
    "metric": metric_values,
    "param": param_values,
}

Stored = dict[str, object]


class Wanted(NamedTuple):
    """A content to read: its id, the kind of values in it, and its path, whose ending gives the format."""

    oid: str
    kind: ValueKind
    path: str

    @property
    def cache_key(self) -> str:
        """Kind, id and format: one content may be both metrics and parameters, and may have two endings."""
        return f"{self.kind[0]}:{self.oid}:{ending_of(self.path)}"


class Numbers:
    """Values by content, kept between runs in `folder`, unless it is None."""

    def __init__(self, folder: str | None) -> None:
        self._memory = Memory(folder, "numbers", format_number=_FORMAT, limit_bytes=2 * MAX_CACHE_BYTES)
        self._documents = Documents(None)
        self._stored: Stored | None = None
        self._used: Stored = {}
        self._learned: dict[str, Mapping[str, Value]] = {}

    def cached(self, wanted: Iterable[Wanted]) -> dict[Wanted, Mapping[str, Value]]:
        """The values that an earlier run read; call `read` for the others."""
        asked = list(wanted)
        if self._stored is None and self._memory.size_bytes() <= len(asked) * _WORTH_BYTES:
            earlier = self._memory.read_json()
            self._stored = earlier if isinstance(earlier, dict) else {}
        found: dict[Wanted, Mapping[str, Value]] = {}
        stored = self._stored or {}
        for each in asked if stored else ():
            packed = stored.get(each.cache_key)
            values = _unpacked(packed)
            if values is not None:
                found[each] = values
                self._used[each.cache_key] = packed
        return found

    def read(self, each: Wanted, content: bytes) -> Mapping[str, Value] | Problem:
        """The values of a content, or the reason why there are none."""
        found = _READERS[each.kind](content, path=each.path, documents=self._documents)
        # Values that a plug-in reads may change with its version.
        if not isinstance(found, Problem) and ending_of(each.path) in FORMATS:
            self._learned[each.cache_key] = found
        return found

    def save(self) -> None:
        """Keep the values that this run read, if there are enough of them, and older ones as space allows."""
        if self._stored is None or len(self._learned) < _WORTH_SAVING:
            return
        kept = self._used | {name: _packed(values) for name, values in self._learned.items()}
        self._learned.clear()
        self._used = kept
        content = _written(kept | {name: old for name, old in self._stored.items() if name not in kept})
        if len(content) > MAX_CACHE_BYTES:
            content = _written(kept)
        if len(content) > MAX_CACHE_BYTES:
            fitting = len(kept) * MAX_CACHE_BYTES // len(content) * 3 // 4
            content = _written(dict(list(kept.items())[:fitting]))
        self._memory.write(content)


def _written(values: Stored) -> bytes:
    import json

    return json.dumps(values, separators=(",", ":")).encode()


def _packed(values: Mapping[str, Value]) -> dict[str, object]:
    """Values as JSON that is quick to read: numbers become strings; strings become one-item lists."""
    return {
        key: str(value) if isinstance(value, Decimal) else [value] if isinstance(value, str) else value
        for key, value in values.items()
    }


def _unpacked(packed: object) -> Mapping[str, Value] | None:
    """The values of `_packed`; None if mlgit did not write them."""
    if not isinstance(packed, dict):
        return None
    try:
        return {key: _value(value) for key, value in packed.items()}
    except (InvalidOperation, TypeError):
        return None


def _value(packed: object) -> Value:
    match packed:
        case str():
            return Decimal(packed)
        case None | bool():
            return packed
        case [str(text)]:
            return text
        case _:
            raise TypeError(packed)
