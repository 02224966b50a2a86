"""Nodes: a YAML document as a tree of values with their places, for errors that show the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Node:
    """A value with its place; lines and columns count from 1.

    `value` is a plain Python value for a scalar, a dict of key -> (node of the key, node) for a mapping, a
    list of nodes for a sequence. `text` is the scalar as it is written.
    """

    __slots__ = ("column", "line", "text", "value", "width")

    def __init__(self, value: object, *, line: int, column: int, width: int = 1, text: str = "") -> None:
        self.value = value
        self.line = line
        self.column = column
        self.width = width
        self.text = text

    def find(self, path: Sequence[str | int]) -> Node | None:
        """The node at a path of keys and list positions."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[step][1]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def find_key(self, path: Sequence[str | int]) -> Node | None:
        """The key at the end of a path, or the list item there."""
        parent = self.find(path[:-1]) if path else None
        if parent is not None and isinstance(parent.value, dict):
            entry = parent.value.get(path[-1])
            return None if entry is None else entry[0]
        return self.find(path)


def plain(node: Node) -> object:
    """The value that `load` gives for this node."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, (_, inner) in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value
