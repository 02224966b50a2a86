"""Written: the files that a Python program writes, as far as their names are known before it runs."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.runs.reading.notebooks import cells
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN, Values

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_ITSELF = frozenset({"write_text", "write_bytes", "symlink_to", "hardlink_to"})
"""Methods of the path that they write."""
_TO_LAST = frozenset(
    {"copy", "copy2", "copyfile", "copytree", "move", "rename", "renames", "replace", "symlink", "link"}
)
"""Functions that write what their last argument names."""
_MOST_BYTES = 1_000_000


def written_by(path: str, content: bytes) -> frozenset[str]:
    """What a program writes by names, with marks as in `Values`."""
    ending = posixpath.splitext(path)[1].lower()
    if len(content) > _MOST_BYTES or ending not in {".py", ".ipynb"}:
        return frozenset()
    text = content.decode("utf-8", "replace")
    try:
        if ending == ".ipynb":
            text = "\n".join(each.python for each in cells(text))
        nodes = list(ast.walk(parse(text)))
        values = Values(nodes)
        calls = (node for node in nodes if isinstance(node, ast.Call))
        return frozenset(values.text(each) for call in calls for each in _written(call, values))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        return frozenset()


def _written(call: ast.Call, values: Values) -> Iterator[ast.expr]:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    named = {each.arg: each.value for each in call.keywords}
    if name in _BY_ITSELF and of is not None:
        yield of
    elif name in _TO_LAST and (call.args or "dst" in named):
        yield named.get("dst", call.args[-1] if call.args else call.func)
    elif name == "open":
        # `open(path, "w")`, or `path.open("w")`
        yield from (path for path, mode in _opened(call, of, named) if _writes(values.text(mode)))


def _opened(
    call: ast.Call, of: ast.expr | None, named: dict[str | None, ast.expr]
) -> Iterator[tuple[ast.expr, ast.expr]]:
    given = [*call.args]
    mode = named.get("mode")
    if given and (mode or given[1:]):
        yield given[0], mode or given[1]
    if of is not None and (mode or given):
        yield of, mode or given[0]


def _writes(mode: str) -> bool:
    return mode == UNKNOWN or (len(mode) <= len("w+b") and not {*mode}.isdisjoint("wax+"))
