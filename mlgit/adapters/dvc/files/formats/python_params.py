"""Python parameter files: constants at the top, in classes and in `self.` of `__init__`; no code is run."""

from __future__ import annotations

import ast
from contextlib import suppress

from mlgit.core.config.python_source import parse


def parse_python(text: str) -> dict[str, object]:
    """Name -> constant; a class becomes a nested mapping. Raises SyntaxError: it is not Python."""
    return _body(parse(text).body, on_self=False)


def _body(statements: list[ast.stmt], *, on_self: bool) -> dict[str, object]:
    found: dict[str, object] = {}
    for statement in statements:
        if isinstance(statement, ast.ClassDef):
            found[statement.name] = _body(statement.body, on_self=False)
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            found.update(_body(statement.body, on_self=True))
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            found.update(_assignment(statement, on_self=on_self))
    return found


def _assignment(statement: ast.Assign | ast.AnnAssign, *, on_self: bool) -> dict[str, object]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    name = _name(targets[0], on_self=on_self) if len(targets) == 1 else None
    if name is not None and statement.value is not None:
        with suppress(ValueError, TypeError):
            return {name: ast.literal_eval(statement.value)}
    return {}


def _name(target: ast.expr, *, on_self: bool) -> str | None:
    if isinstance(target, ast.Name):
        return None if on_self else target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return target.attr
    return None
