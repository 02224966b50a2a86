"""Meaning: what of a program may change what it does, other than comments, layout and results."""

from __future__ import annotations

import ast
import posixpath
import re

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.runs.reading.notebooks import cells

_COMMENTS = {
    **dict.fromkeys((".sh", ".bash", ".r", ".jl", ".mk", ""), "#"),
    ".sql": "--",
}
"""Ending -> what a line of a comment starts with; programs without an ending are those such as `Makefile`."""
_TEXTS = re.compile(rb"<<|\"\"\"|/\*|#=|\{[{%]|\\\r?\n\s*(?:#|--)")
"""What may begin a text or comment of several lines, go on in a comment, or be filled in before a run."""
_READS_DOCSTRINGS = re.compile(rb"__doc__|\bdocopt\b|\bgetdoc\b")
_READS_SOURCE = re.compile(rb"\bgetsource|\bgetcomments\b|\blinecache\b|\btokenize\b|\bopen\(__file__")
_USED_COMMENT = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\#![^\r\n]*                           # what runs the file
    |^\#[ \t]///[^\r\n]*(?:\r?\n\#[^\r\n]*)*                    # PEP 723: packages to install
    |^[ \t]*\#[ \t]*(?:cython|distutils|nuitka-project|pythran)\b[^\r\n]*
    |^[ \t]*\#[ \t]?(?:%%|\+)[^\r\n]*                            # jupytext: cells and their tags
    |^[ \t]*\#[^\r\n]*?coding[:=][^\r\n]*""",
    re.MULTILINE | re.VERBOSE,
)
"""Comments that Python, an installer, a compiler or a runner of notebooks reads."""


def reads_docstrings(content: bytes) -> bool:
    """Whether a program may use the docstrings of others, such as for a prompt or an option."""
    return _READS_DOCSTRINGS.search(content) is not None


def meaning(path: str, content: bytes, *, docstrings: bool = False) -> object:
    """What a program does: Python without layout and comments for people, no results of cells.

    Docstrings are left out unless they count, or the program itself may read them.
    """
    ending = posixpath.splitext(path)[1].lower()
    if ending == ".pyc":  # with the time of its source
        return content[:8], content[16:]
    try:
        if ending == ".py":
            return _of_python(content, docstrings=docstrings)
        if ending == ".ipynb":
            return [
                (each.tags, each.commands, _of_cell(each.python)) for each in cells(content.decode("utf-8"))
            ]
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        return content
    return _of_script(_COMMENTS.get(ending), content)


def _of_script(mark: str | None, content: bytes) -> object:
    if mark is None or _TEXTS.search(content):
        return content
    lines = content.decode("utf-8", "surrogateescape").splitlines()
    code = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith(mark)]
    if any(line.count(quote) % 2 for line in code for quote in "'\""):
        return content  # there may be a text of several lines
    return lines[:1] if content.startswith(b"#!") else [], code


def _of_cell(source: str) -> object:
    try:
        return _of_python(source.encode())
    except SyntaxError:  # of another language
        return source


def _of_python(content: bytes, *, docstrings: bool = False) -> object:
    if _READS_SOURCE.search(content):
        return content
    tree = parse(content)
    if not docstrings and not reads_docstrings(content):
        for node in ast.walk(tree):
            _drop_docstring(node)
    return ast.dump(tree), _USED_COMMENT.findall(content)


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
