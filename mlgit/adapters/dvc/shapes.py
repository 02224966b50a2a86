"""Shapes: fields of dvc.yaml, dvc.lock and .dvc files, taken out with an error that names the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str | int, ...]


class Shape:
    """One parsed file and where it came from.

    Args:
        value: the parsed document.
        name: how errors call the file.
        content: its bytes, to find lines when something is wrong.
    """

    def __init__(self, value: object, *, name: str, content: bytes) -> None:
        self.root = value
        self.name = name
        self._content = content

    def mapping(self, value: object, path: Path) -> dict[str, object]:
        """The value as a mapping with text keys; nothing counts as empty."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(path, "a mapping")
        return {str(key): item for key, item in value.items()}

    def sequence(self, value: object, path: Path) -> list[object]:
        """The value as a list; nothing counts as empty."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(path, "a list")
        return value

    def text(self, value: object, path: Path) -> str:
        """The value as text."""
        if not isinstance(value, str):
            raise self.wrong(path, "text")
        return value

    def texts(self, value: object, path: Path) -> list[str]:
        """The value as a list of texts."""
        items = self.sequence(value, path)
        return [self.text(item, (*path, number)) for number, item in enumerate(items)]

    def command(self, value: object, path: Path) -> tuple[str, ...]:
        """A command or a list of commands."""
        if isinstance(value, list):
            return tuple(self.texts(value, path))
        return (self.text(value, path),)

    def wrong(self, path: Sequence[str | int], expected: str) -> ConfigError:
        """The error that something else stands at `path`."""
        where = ".".join(str(step) for step in path)
        subject = f"`{where}` in `{self.name}`" if where else f"`{self.name}`"
        return ConfigError(f"{subject} is not {expected}", location=self._locate(path), expected=expected)

    def _locate(self, path: Sequence[str | int]) -> Location:
        from mlgit.yaml12 import compose

        root = compose(self._content, name=self.name, strict=False)
        node = None if root is None else root.find_key(path)
        if node is None:
            return Location(self.name)
        lines = self._content.decode("utf-8", "replace").splitlines()
        snippet = lines[node.line - 1] if node.line <= len(lines) else None
        return Location(self.name, line=node.line, column=node.column, snippet=snippet, width=node.width)
