"""Frames: find the line, column and snippet of a path in a YAML document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.config.meant import number_hint, split_number
from mlgit.errors import ConfigError, Location
from mlgit.yaml12 import Node, compose, plain

if TYPE_CHECKING:
    from collections.abc import Sequence


_SNIPPET = 200


class Document:
    """A YAML file that knows the place of each value; `name` is its name in errors.

    Raises:
        ConfigError: it is not YAML, or uses more of YAML than is allowed; with the place.
    """

    def __init__(self, content: bytes, *, name: str) -> None:
        self.name = name
        self._lines = content.decode("utf-8-sig", "replace").splitlines()
        try:
            self.root: Node | None = compose(content, name=name, floats_as_decimal=True)
        except ConfigError as error:
            error.location = place = self._before_end(error.location)
            split = self._split_number(place.line, place.column) if place is not None else None
            if split is not None:
                raise split from error
            raise
        self.value: object = None if self.root is None else plain(self.root)

    def location(self, path: Sequence[str | int] = (), *, key: bool = False) -> Location:
        """The place of the value at `path`, or of its key; if it does not exist, of the nearest one above."""
        if self.root is None:
            return self._location(1, 1, 1)
        steps = tuple(path)
        while steps:
            node = self.root.find_key(steps) if key else self.root.find(steps)
            if node is not None:
                # An empty value cannot be marked, so mark its key.
                node = self.root.find_key(steps) or node if node.value is None else node
                return self._location(node.line, node.column, node.width)
            steps, key = steps[:-1], True
        return self._location(self.root.line, self.root.column, 1)

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line of the key at the end of `path`."""
        node = None if self.root is None else self.root.find_key(tuple(path))
        return None if node is None else node.line

    def problem(
        self,
        message: str,
        path: Sequence[str | int] = (),
        *,
        key: bool = False,
        expected: str | None = None,
        hint: str | None = None,
    ) -> ConfigError:
        """An error at a place of this document; `key` marks the key instead of the value."""
        return ConfigError(message, location=self.location(path, key=key), expected=expected, hint=hint)

    def split_number(self, path: Sequence[str | int]) -> ConfigError | None:
        """The error if the key at `path` is a part of a number that YAML takes apart at its comma."""
        node = None if self.root is None else self.root.find_key(tuple(path))
        return None if node is None else self._split_number(node.line, node.column)

    def _split_number(self, line: int | None, column: int | None) -> ConfigError | None:
        if line is None or column is None or line > len(self._lines):
            return None
        found = split_number(self._lines[line - 1], column)
        if found is None:
            return None
        return ConfigError(
            f"`{found.text}` is not a number",
            location=self._location(line, found.column, len(found.text)),
            hint=number_hint(found.key, found.text, relative=found.key not in {"min", "max"}),
        )

    def _before_end(self, location: Location | None) -> Location | None:
        """Replace a place after the end (of a file cut short) by the end of the last line with text."""
        if location is None or location.line is None or location.line <= len(self._lines):
            return location
        for line in range(len(self._lines), 0, -1):
            text = self._lines[line - 1].rstrip()
            if text:
                return self._location(line, len(text) + 1, 1)
        return location

    def _location(self, line: int, column: int, width: int) -> Location:
        snippet = self._lines[line - 1] if line <= len(self._lines) else None
        if snippet is not None and len(snippet) > _SNIPPET:
            snippet = snippet[: _SNIPPET - 1] + "…"
            if column > _SNIPPET:
                return Location(self.name, line=line, column=column)
            width = min(width, _SNIPPET - column)
        return Location(self.name, line=line, column=column, snippet=snippet, width=width)
