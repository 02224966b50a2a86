"""Mutants: copies of a module's syntax tree, each with one change to what it computes, never to a text."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
_REVERSED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
}


class Mutant(NamedTuple):
    """One change: its line, what it does, and the whole tree with it."""

    line: int
    change: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    lines = source.splitlines()
    seen = {compile(tree, "", "exec", dont_inherit=True)}
    for number, node in enumerate(_computing(tree)):
        for change, edit in _edits(node):
            other = copy.deepcopy(tree)
            edit(_computing(other)[number])
            ast.fix_missing_locations(other)
            code = compile(other, "", "exec", dont_inherit=True)
            if code not in seen:
                seen.add(code)
                line = next(each.lineno for each in ast.walk(node) if hasattr(each, "lineno"))
                yield Mutant(line, f"{change} in `{_start(node, lines)}`", other)


def _start(node: ast.AST, lines: list[str]) -> str:
    """The beginning of what changes, on one line; for a value its whole line."""
    if isinstance(node, ast.Constant):
        return lines[node.lineno - 1].strip()
    return ast.unparse(node).strip().splitlines()[0]


def _computing(tree: ast.Module) -> list[ast.AST]:
    """The nodes that compute something: no annotation, no decorator, nothing for type checkers, no text."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr) or _for_checkers(node):
            continue
        found.append(node)
        left_out = {"annotation", "returns", "decorator_list", "bases"}
        if isinstance(node, ast.keyword) and node.arg == "strict":
            continue  # a guard of `zip` against mistakes of our own
        for name, value in ast.iter_fields(node):
            if name not in left_out:
                items = value if isinstance(value, list) else [value]
                waiting += [item for item in reversed(items) if isinstance(item, ast.AST)]
    return found


def _for_checkers(node: ast.AST) -> bool:
    """What only a type checker reads: imports of types, and what it proves never to run."""
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.Expr(value=ast.Call(func=ast.Name("assert_never"))):
            return True
    return False


def _edits(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:  # noqa: C901, PLR0912 (one branch per kind)
    match node:
        case ast.Compare(ops=ops):
            for number, op in enumerate(ops):
                for table in (_SWAPPED, _REVERSED):
                    if type(op) in table:
                        new = table[type(op)]
                        yield f"{type(op).__name__} -> {new.__name__}", _set_op(number, new)
        case ast.BoolOp(op=op, values=values):
            new = _SWAPPED[type(op)]
            yield f"{type(op).__name__} -> {new.__name__}", _set("op", lambda _: new())
            for number, value in enumerate(values):
                yield f"without `{ast.unparse(value)}`", _without(number)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPPED:
            new = _SWAPPED[type(op)]
            yield f"{type(op).__name__} -> {new.__name__}", _set("op", lambda _: new())
        case ast.UnaryOp(op=ast.Not()):
            yield "without not", _without_not
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition negated", _set("test", _negated)
        case ast.comprehension(ifs=ifs) if ifs:
            yield "filter dropped", _set("ifs", lambda _: [])
        case ast.Constant(value=bool() as known):
            yield f"{known} -> {not known}", _set("value", lambda value: not value)
        case ast.Constant(value=int() as known):
            yield f"{known} -> {known + 1}", _set("value", lambda value: value + 1)
        case ast.Return(value=ast.expr() as value) if not _gives_nothing(value):
            yield "returns None", _set("value", lambda _: ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "call dropped", _set("value", lambda _: ast.Constant(None))


def _set_op(number: int, new: type[ast.AST]) -> Callable[[ast.AST], None]:
    def edit(node: ast.AST) -> None:
        node.ops[number] = new()  # type: ignore[attr-defined]

    return edit


def _set(name: str, new: Callable[..., object]) -> Callable[[ast.AST], None]:
    def edit(node: ast.AST) -> None:
        setattr(node, name, new(getattr(node, name)))

    return edit


def _without(number: int) -> Callable[[ast.AST], None]:
    def edit(node: ast.AST) -> None:
        rest = node.values[:number] + node.values[number + 1 :]  # type: ignore[attr-defined]
        node.values = rest if len(rest) > 1 else rest * 2  # type: ignore[attr-defined]

    return edit


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _without_not(node: ast.AST) -> None:
    """`not x` becomes `not not x`."""
    node.operand = ast.UnaryOp(ast.Not(), node.operand)  # type: ignore[attr-defined]


def _gives_nothing(value: ast.expr) -> bool:
    """Whether a function returns None, or False, which is the same in a condition."""
    return isinstance(value, ast.Constant) and value.value in {None, False}
