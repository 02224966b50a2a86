"""Shapes: typed fields of dvc.yaml, dvc.lock and .dvc files, or an error that names the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Path = tuple[str | int, ...]


class Shape:
    """One parsed file. Errors use its name, its bytes (to find lines) and its hint on how to fix it."""

    __slots__ = ("_content", "hint", "name", "root")

    def __init__(
        self, value: object, *, name: str, content: bytes | Callable[[], bytes], hint: str | None = None
    ) -> None:
        self.root = value
        self.name = name
        self.hint = hint
        self._content: bytes | Callable[[], bytes] = content

    @property
    def content(self) -> bytes:
        if not isinstance(self._content, bytes):
            self._content = self._content()
        return self._content

    def mapping(self, value: object, path: Path) -> dict[str, object]:
        """The value as a mapping with text keys; None counts as empty."""
        return {str(key): item for key, item in self.fields(value, path).items()}

    def fields(self, value: object, path: Path) -> dict[str, object]:
        """The value as a mapping whose keys are not converted to text; None counts as empty."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(path, "a mapping")
        return value

    def sequence(self, value: object, path: Path) -> list[object]:
        """The value as a list; None counts as empty."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(path, "a list")
        return value

    def listed(self, fields: dict[str, object], key: str, path: Path) -> list[object]:
        """The list under a key. The key may be missing, but DVC refuses one without a value."""
        value = fields.get(key, [])
        if not isinstance(value, list):
            raise self.wrong((*path, key), "a list")
        return value

    def text(self, value: object, path: Path) -> str:
        if not isinstance(value, str):
            raise self.wrong(path, "text")
        return value

    def texts(self, items: Sequence[object], path: Path) -> list[str]:
        return [
            item if isinstance(item, str) else self.text(item, (*path, number))
            for number, item in enumerate(items)
        ]

    def command(self, value: object, path: Path) -> tuple[str, ...]:
        """A command or a list of commands."""
        return tuple(self.texts(value, path)) if isinstance(value, list) else (self.text(value, path),)

    def wrong(self, path: Sequence[str | int], expected: str) -> ConfigError:
        """The error that the value at `path` is not `expected`."""
        where = ".".join(str(step) for step in path)
        subject = f"`{where}` in `{self.name}`" if where else f"`{self.name}`"
        return ConfigError(
            f"{subject} is not {expected}", location=self.locate(path), expected=expected, hint=self.hint
        )

    def locate(self, path: Sequence[str | int]) -> Location:
        """The place of a path of keys and list positions in the file."""
        from mlgit.yaml12 import compose

        content = self.content
        root = compose(content, name=self.name, strict=False)
        node = None if root is None else root.find_key(path)
        if node is None:
            return Location(self.name)
        lines = content.decode("utf-8", "replace").splitlines()
        snippet = lines[node.line - 1] if node.line <= len(lines) else None
        return Location(self.name, line=node.line, column=node.column, snippet=snippet, width=node.width)
