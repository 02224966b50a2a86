"""Values: the texts that expressions of a Python program put together, such as paths from its own folder."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OWN = "\0"
"""The folder of the program, at the start of a path."""
UNKNOWN = "\1"
"""A part of a text that is made when the program runs."""
_SAME = frozenset(
    ("abspath", "absolute", "as_posix", "expanduser", "fspath", "normpath", "realpath", "resolve", "str")
)
_PATHS = frozenset({"Path", "PosixPath", "PurePath", "PurePosixPath", "join", "joinpath"})
_HERE = frozenset({"cwd", "getcwd"})
_FIELD, _PERCENT = re.compile(r"\{[^{}]*\}"), re.compile(r"%[-\d.]*[srd]")
_MOST_DEEP, _MOST_LONG = 30, 4_000


class Values:
    """What expressions of a program are, by the names that it gives a value exactly once."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        count: Counter[str] = Counter()
        values: dict[str, ast.expr] = {}
        for node in nodes:
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    count[name] += 1
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    values[name] = value
        self._texts: dict[int, str] = {}
        self._values = {name: value for name, value in values.items() if count[name] == 1}

    def value(self, node: ast.expr) -> ast.expr:
        """What a name is; any other expression itself."""
        return self._values.get(node.id, node) if isinstance(node, ast.Name) else node

    def text(self, node: ast.expr, depth: int = 0) -> str:
        """The text that an expression is, with a mark for each part that is not known."""
        node = self.value(node)
        if id(node) not in self._texts:
            text = self._text(node, depth) if depth <= _MOST_DEEP else UNKNOWN
            # Names can double a text again and again.
            self._texts[id(node)] = text if len(text) <= _MOST_LONG else UNKNOWN
        return self._texts[id(node)]

    def _text(self, node: ast.expr, depth: int) -> str:
        match node:
            case ast.Constant(value=str() as text):
                found = text
            case ast.Name(id="__file__"):
                found = f"{OWN}/x"
            case ast.Attribute() | ast.Subscript():
                found = self._above(node, depth + 1)
            case ast.BinOp() | ast.JoinedStr() | ast.FormattedValue():
                found = self._of_parts(node, depth + 1)
            case ast.Call():
                found = self._of_call(node, depth + 1)
            case _:
                found = UNKNOWN
        return found

    def _above(self, node: ast.Attribute | ast.Subscript, depth: int) -> str:
        """A folder above a path, by `parent` or `parents`; or the Python that runs."""
        match node:
            case ast.Attribute(value=ast.Name(id="sys"), attr="executable"):
                return "python"
            case ast.Attribute(value=value, attr="parent"):
                return _up(self.text(value, depth))
            case ast.Subscript(
                value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(count))
            ):
                text = self.text(value, depth)
                for _ in range(min(count, _MOST_DEEP) + 1):
                    text = _up(text)
                return text
        return UNKNOWN

    def _of_parts(self, node: ast.BinOp | ast.JoinedStr | ast.FormattedValue, depth: int) -> str:
        match node:
            case ast.BinOp(op=ast.Div()):
                return _joined([self.text(each, depth) for each in (node.left, node.right)])
            case ast.BinOp(op=ast.Add()):
                return self.text(node.left, depth) + self.text(node.right, depth)
            case ast.BinOp(op=ast.Mod()):
                return _PERCENT.sub(UNKNOWN, self.text(node.left, depth))
            case ast.JoinedStr(values=values):
                return "".join(self.text(each, depth) for each in values)
            case ast.FormattedValue(value=value, format_spec=None):
                return self.text(value, depth)
        return UNKNOWN

    def _of_call(self, node: ast.Call, depth: int) -> str:
        before: list[ast.expr] = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _HERE:
            return "."
        if name == "format" and before:
            return _FIELD.sub(UNKNOWN, self.text(before[0], depth))
        own = node.args if name in _PATHS - {"joinpath"} else [*before, *node.args]
        if name in _SAME:
            return self.text((node.args or before)[0], depth) if node.args or before else UNKNOWN
        texts = [self.text(each, depth) for each in own]
        if name == "dirname" and node.args:
            return _up(self.text(node.args[0], depth))
        if name == "with_name" and len(texts) > 1:
            return _joined([_up(texts[0]), texts[1]])
        is_text = before and isinstance(before[0], ast.Constant)
        return _joined(texts) if name in _PATHS and texts and not is_text else UNKNOWN


def _up(path: str) -> str:
    """The folder of a path."""
    folder, _, last = path.rpartition("/")
    if UNKNOWN in last:
        return UNKNOWN
    return f"{path}/.." if last in {OWN, ".", ".."} else folder or "."


def _joined(texts: Sequence[str]) -> str:
    path = ""
    for each in texts:
        path = each if each.startswith((OWN, "/")) or not path else f"{path.rstrip('/')}/{each}"
    return path


def place(path: str, folder: str, here: str) -> str:
    """A path from the root: of a program in `folder` that runs in `here`."""
    start = folder if path.startswith(OWN) else here
    return posixpath.normpath(
        posixpath.join(start, path.removeprefix(OWN).lstrip("/") if path.startswith(OWN) else path)
    )
