"""Anchors: the values that aliases repeat, and how much they repeat, counted before any work is done."""

from __future__ import annotations

from mlgit.core.record import NamedTuple

MAX_REPEATED = 100_000
"""The most values that the aliases of one document may repeat."""

TOO_MANY = "aliases_repeat_too_much"
"""The code of the error about it, and of a value that repeats itself."""

_TEXT_PER_VALUE = 16


class Anchored(NamedTuple):
    """A value with an anchor; `size` counts the values in it, and is None until its end is read."""

    value: object
    size: int | None


class Anchors:
    """The anchored values of one document.

    `size` counts every value that was read, with the values that aliases repeat: a document of one kilobyte
    can mean more values than memory can hold, although each alias costs nothing while it is read.
    """

    __slots__ = ("_known", "_repeated", "size")

    def __init__(self) -> None:
        self._known: dict[str, Anchored] = {}
        self._repeated = 0
        self.size = 0

    def read(self, text: str = "") -> None:
        """Count one value; a long text counts as several."""
        self.size += 1 + len(text) // _TEXT_PER_VALUE

    def open(self, name: str, value: object) -> None:
        """Add a list or mapping whose end is not read yet."""
        self._known[name] = Anchored(value, None)

    def close(self, name: str, value: object, *, begun: int) -> None:
        """Add a value; `begun` is `size` before it."""
        self._known[name] = Anchored(value, self.size - begun)

    def find(self, name: str) -> Anchored | None:
        return self._known.get(name)

    def repeat(self, anchored: Anchored) -> bool:
        """Count an alias of a closed value; False if the document's aliases now repeat too much."""
        self.size += anchored.size or 0
        self._repeated += anchored.size or 0
        return self._repeated <= MAX_REPEATED
