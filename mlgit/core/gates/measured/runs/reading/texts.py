"""Texts: the strings of a program, put together as far as that is known before it runs."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.runs.reading.commands import SHELL, command_words
from mlgit.core.gates.measured.runs.reading.notebooks import cells
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN, Values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_QUOTED = re.compile(r"""(["'`])((?:(?!\1)[^\\\n])+)\1""")
_LISTS = frozenset(
    {"glob", "iglob", "rglob", "iterdir", "listdir", "scandir", "walk", "with_suffix", "with_stem"}
)
_FOLDER = re.compile(r"path|dir|folder|root")
_MOST_BYTES = 1_000_000
_MOST_PARTS = 3


def texts_of(path: str, content: bytes) -> frozenset[str]:
    """The texts of a program, with marks as in `Values`; of a script of a shell, its words."""
    if len(content) > _MOST_BYTES:
        return frozenset()
    text = content.decode("utf-8", "replace")
    ending = posixpath.splitext(path)[1].lower()
    try:
        if ending == ".ipynb":
            text = "\n".join(each.python for each in cells(text))
        if ending in {".py", ".ipynb"}:
            return frozenset(_of_python(parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        return _quoted(text)
    if ending not in SHELL:
        return _quoted(text)
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return frozenset(word.replace('"', "") for line in lines for word in command_words(line))


def ways(path: str, texts: Collection[str]) -> set[frozenset[str]]:
    """The texts that name a path or a file in it: each alone, or with those that are its unknown parts."""
    found = set()
    for text in texts:
        form = text.removeprefix(f"{UNKNOWN}/")
        if form == path or form.startswith(f"{path}/"):
            found.add(frozenset({text}))
        elif 0 < text.count(UNKNOWN) <= _MOST_PARTS and text != UNKNOWN:
            known = text.split(UNKNOWN)
            is_in = all(each in path for each in known)  # much faster than a pattern
            match = re.fullmatch("(.*)".join(map(re.escape, known)), path) if is_in else None
            parts = [] if match is None else [each for each in match.groups() if each]
            if match is not None and all(each in texts for each in parts):
                found.add(frozenset({text, *parts}))
    return found


def _quoted(text: str) -> frozenset[str]:
    """The texts in a program of another language; what begins with `/` may come after a folder."""
    return frozenset(match[2].lstrip("/") for match in _QUOTED.finditer(text))


def _of_python(tree: ast.Module) -> Iterator[str]:
    """The texts of a program, without the parts of a path; a folder with a mark for its files."""
    nodes = list(ast.walk(tree))
    parts = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    values = Values(nodes)
    for node in nodes:
        if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call)) and id(node) not in parts:
            text = values.text(node)
            yield text
            if UNKNOWN not in text or (text != UNKNOWN and not _is_filled(node)):
                parts |= {id(each) for each in ast.walk(node)}
        if isinstance(node, ast.Call):
            yield from (f"{values.text(each)}/{UNKNOWN}" for each in _folders(node))


def _is_filled(node: ast.AST) -> bool:
    """Whether values are put into a text, by `%` or `format`; they may be other parts of a name."""
    match node:
        case ast.Call(func=ast.Attribute(attr="format")) | ast.BinOp(op=ast.Mod()):
            return True
    return False


def _folders(node: ast.Call) -> Iterator[ast.expr]:
    """What a call is given as a folder: what it lists, or by the name of an argument."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in _LISTS:
        yield from (*node.args[:1], *([node.func.value] if isinstance(node.func, ast.Attribute) else ()))
    yield from (each.value for each in node.keywords if each.arg and _FOLDER.search(each.arg))
