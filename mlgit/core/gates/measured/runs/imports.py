"""Imports: which modules a program asks for, and the words of its text that may be other programs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.programs import ENDINGS, NAMES
from mlgit.core.gates.measured.runs.notebooks import cells
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_NAME = frozenset({"import_module", "__import__", "run_module"})
_COMMENTS = ("#", "//", "--")
# Possessive, so that a long text is read once.
_IMPORT = re.compile(r"\b(?:from\s*+(\.*+)\s*+((?!import\b)[\w.]++)?\s*+)?import\b\s*+")
_IN_BRACKETS = re.compile(r"\([^()]*+")
_IN_LINE = re.compile(r"[^\n;]*+")
_CALL = re.compile(rf"""\b(?:{"|".join(sorted(_BY_NAME))})\(\s*\w*["']+([\w.]+)""")
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"#[^\n]*")
_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_RUN = re.compile(r"(?:^|\s)-m[ \t]+([A-Za-z_][\w.]*)")
_WORD = re.compile(r"""[^\s'"=,;:|&<>()`$]+""")
_PROGRAM = re.compile(rf"""(?s:.*)(?:{"|".join(map(re.escape, (*ENDINGS, *NAMES)))})\b""", re.IGNORECASE)
_MOST_BYTES = 1_000_000


class Asked(NamedTuple):
    """(dots before it, name) of each module that a program asks for, and the words of its text."""

    modules: frozenset[tuple[int, str]] = frozenset()
    words: frozenset[str] = frozenset()


def asked(path: str, content: bytes, *, exact: bool) -> Asked:
    """What the text of a program asks for; unless `exact`, a quick look that may find more than there is."""
    if len(content) > _MOST_BYTES:
        return Asked()
    text = content.decode("utf-8", "replace")
    commands = Asked()
    try:
        if path.lower().endswith(".ipynb"):
            own = [*cells(text)]
            text = "\n".join(each.python for each in own)
            commands = asked_in_commands([line for each in own for line in each.commands])
        elif not path.lower().endswith((".py", ".pyi")):
            return asked_in_commands([line for line in text.splitlines() if not _is_comment(line)])
        if exact:
            return _joined(commands, _asked_in_python(parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        pass  # a text that this Python cannot read
    found = Asked(modules=frozenset(_found_in(text)), words=frozenset(_programs_in(text)))
    return _joined(commands, found)


def _joined(one: Asked, other: Asked) -> Asked:
    return Asked(modules=one.modules | other.modules, words=one.words | other.words)


def asked_in_commands(lines: list[str] | tuple[str, ...]) -> Asked:
    """The words of commands, and the modules that they run by `-m`."""
    return Asked(
        modules=frozenset((0, name) for line in lines for name in _RUN.findall(line)),
        words=frozenset(word for line in lines for word in _WORD.findall(line)),
    )


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENTS) and not line.startswith("#include")


def _asked_in_python(tree: ast.Module) -> Asked:
    nodes = list(ast.walk(tree))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    texts = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]
    return Asked(
        modules=frozenset(each for node in nodes for each in _modules(node)),
        words=asked_in_commands(texts).words,
    )


def _modules(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The modules that a part of a program asks for; a name from a module may be one as well."""
    if isinstance(node, ast.Import):
        yield from ((0, each.name) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = node.module or ""
        yield node.level, start
        yield from ((node.level, f"{start}.{each.name}".lstrip(".")) for each in node.names)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        value = node.args[0].value
        if name in _BY_NAME and isinstance(value, str) and _MODULE.fullmatch(value):
            yield 0, value


def _found_in(text: str) -> Iterator[tuple[int, str]]:
    """The modules that a text may ask for; also those that only a comment or a text in it names."""
    text = _CONTINUED.sub(" ", text)
    # What follows `#` may be no comment, and a comment may have a bracket or another import.
    for each in (text, _COMMENT.sub("", text)):
        found = [*_IMPORT.finditer(each)]
        ends = [match.start() for match in found[1:]] + [len(each)] * bool(found)
        for match, end in zip(found, ends, strict=True):
            dots, start = match[1] or "", match[2] or ""
            if dots or start:
                yield len(dots), start
            rest = each[match.end() : end]
            names = _IN_BRACKETS.match(rest) or _IN_LINE.match(rest)
            for name in _MODULE.findall(_COMMENT.sub("", names[0])) if names else ():
                yield len(dots), f"{start}.{name}".lstrip(".")
    yield from ((0, name) for name in _CALL.findall(text))


def _programs_in(text: str) -> Iterator[str]:
    """The words of a text up to the last part that ends like the name of a program."""
    for word in _WORD.findall(text):
        if match := _PROGRAM.match(word):
            yield match[0]
