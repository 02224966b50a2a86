"""Meaning: what of a program may change what it does, other than comments, layout and results."""

from __future__ import annotations

import ast
import posixpath
import re

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.runs.notebooks import cells

_COMMENTS = {
    **dict.fromkeys((".sh", ".bash", ".r", ".jl", ".mk", ""), "#"),
    ".sql": "--",
}
"""Ending -> what a line of a comment starts with; programs without an ending are those such as `Makefile`."""
_TEXTS = re.compile(rb"<<|\"\"\"|/\*|\\\r?\n\s*(?:#|--)")
"""What may begin a text of several lines, in which a line is not a comment, or go on in a comment."""
_READS_DOCSTRINGS = re.compile(rb"__doc__|\bdocopt\b|\bgetdoc\b")


def meaning(path: str, content: bytes) -> object:
    """What a program does: Python without comments, docstrings and layout, a notebook without results."""
    ending = posixpath.splitext(path)[1].lower()
    try:
        if ending == ".py":
            return _of_python(content)
        if ending == ".ipynb":
            return [
                (each.tags, each.commands, _of_cell(each.python)) for each in cells(content.decode("utf-8"))
            ]
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        return content
    mark = _COMMENTS.get(ending)
    if mark is None or _TEXTS.search(content):
        return content
    lines = content.decode("utf-8", "surrogateescape").splitlines()
    code = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith(mark)]
    if any(line.count(quote) % 2 for line in code for quote in "'\""):
        return content  # there may be a text of several lines
    return lines[:1] if content.startswith(b"#!") else [], code


def _of_cell(source: str) -> str:
    try:
        return _of_python(source.encode())
    except SyntaxError:  # of another language
        return source


def _of_python(content: bytes) -> str:
    tree = parse(content)
    if not _READS_DOCSTRINGS.search(content):
        for node in ast.walk(tree):
            _drop_docstring(node)
    return ast.dump(tree)


def _drop_docstring(node: ast.AST) -> None:
    """Drop a docstring, unless a decorator or the class above may read it, such as for a prompt."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        read = node.decorator_list or (isinstance(node, ast.ClassDef) and (node.bases or node.keywords))
    elif isinstance(node, ast.Module):
        read = False
    else:
        return
    match node.body[:1]:
        case [ast.Expr(value=ast.Constant(value=str()))] if not read:
            node.body = node.body[1:]
