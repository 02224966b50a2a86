"""Imports: which modules a program asks for, and the words of its text that may be other programs."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.config.python_source import parse
from mlgit.core.gates.measured.programs import ENDINGS, NAMES, is_code
from mlgit.core.gates.measured.runs.reading.calls import A_COMMAND, BY_A_NAME, BY_NAME, is_dynamic, loaded
from mlgit.core.gates.measured.runs.reading.commands import (
    LONGEST_LINE,
    SHELL,
    is_unknown,
    named_by_variables,
    run_by,
    started_by,
)
from mlgit.core.gates.measured.runs.reading.notebooks import cells
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_C_LIKE = (".java", ".scala", ".c", ".h", ".cc", ".cpp", ".hpp", ".cu", ".rs", ".go", ".js", ".mjs", ".cjs")
_COMMENTS = {".sql": "--", **dict.fromkeys(_C_LIKE, "//")}
"""Ending -> what a line of a comment starts with; in all others it is `#`."""
_OTHER_LANGUAGES = {
    **dict.fromkeys((".r", ".rmd"), re.compile(r"\bsource\s*\(\s*(?![\"'])\w|\beval\s*\(\s*parse")),
    ".jl": re.compile(r"\binclude\s*\(\s*(?![\"'])\w"),
    **dict.fromkeys(
        (".js", ".mjs", ".cjs"), re.compile(r"\b(?:require|import)\s*\(\s*(?![\"'`])\w|\beval\s*\(")
    ),
}
"""Ending -> what loads code that is not named in the text."""
# Possessive, so that a long text is read once.
_IMPORT = re.compile(r"\b(?:from\s*+(\.*+)\s*+((?!import\b)[\w.]++)?\s*+)?import\b\s*+")
_IN_BRACKETS = re.compile(r"\([^()]*+")
_IN_LINE = re.compile(r"[^\n;]*+")
_CALL = re.compile(rf"""\b(?:{"|".join(sorted(BY_NAME))})\(\s*\w*["']+([\w.]+)""")
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"#[^\n]*")
_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_RUN = re.compile(r"(?:^|\s)-[bBdEiIOPqsSuvx]*m[ \t]*([A-Za-z_][\w.]*)")
_PYTHON = re.compile(r"\bpython[\d.]*(?=\s)")
_LAUNCHER = re.compile(r"\b(?:python[\d.]*|torchrun|accelerate|deepspeed|coverage)(?=\s)")
_INSTALLERS = {"pip", "venv", "ensurepip"}
_TEXT = re.compile(r"\s-[bBdEiIOPqsSuvx]*c\b(.*)", re.DOTALL)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_QUOTED = re.compile(rf"""["']({_DOTTED.pattern})["']""")
_WORD = re.compile(r"""[^\s'"=,;:|&<>()`$]+""")
_PROGRAM = re.compile(rf"""(?s:.*)(?:{"|".join(map(re.escape, (*ENDINGS, *NAMES)))})\b""", re.IGNORECASE)
_MOST_BYTES = 1_000_000
NOT_READ = "is not readable here as a program"


class Asked(NamedTuple):
    """What a program asks for.

    `modules` are (dots before it, name) of each module, and `words` those of its text. It surely runs the
    `paths`, which may start with marks as in `Values`, and looks for modules in the `folders` as well.
    `dotted` are names that may be modules, `unknown` says why there may be more. Python may look for modules
    next to those that are `started`.
    """

    modules: frozenset[tuple[int, str]] = frozenset()
    words: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    dotted: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()


def asked(path: str, content: bytes, *, exact: bool) -> Asked:
    """What the text of a program asks for; unless `exact`, a quick look that may find more than there is."""
    if len(content) > _MOST_BYTES:
        return Asked(unknown=frozenset({NOT_READ}))
    text = content.decode("utf-8", "replace")
    commands = Asked()
    try:
        if path.lower().endswith(".ipynb"):
            own = [*cells(text)]
            text = "\n".join(each.python for each in own)
            commands = asked_in_commands([line for each in own for line in each.commands])
        elif not path.lower().endswith((".py", ".pyi")):
            return _asked_in_script(posixpath.splitext(path)[1].lower(), text)
        if exact or is_dynamic(text):
            return _joined(commands, _asked_in_python(parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError, AttributeError):
        commands = _joined(commands, Asked(unknown=frozenset({NOT_READ})))
    found = Asked(
        modules=frozenset(_found_in(text)),
        words=frozenset(_programs_in(text)),
        dotted=frozenset(_QUOTED.findall(text)),
    )
    return _joined(commands, found)


def _joined(*all_: Asked) -> Asked:
    return Asked(*(frozenset().union(*parts) for parts in zip(*all_, strict=True)))


def asked_in_commands(lines: Sequence[str], *, shell: bool = True) -> Asked:
    """The words of commands, and what they run: modules by `-m`, and a text of Python after `-c`.

    Of a longer line than people write, only the start is read.
    """
    lines = [line[:LONGEST_LINE] for line in lines]
    starts = ((line, _PYTHON.search(line)) for line in lines)
    found = (_TEXT.search(line, start.end()) for line, start in starts if start)
    texts = [match[1] for match in found if match]
    modules = {(0, name) for line in lines for name in _RUN.findall(line)}
    by_variables = [*named_by_variables(lines)] if shell else []
    return Asked(
        modules=frozenset(modules.union(*(_found_in(each) for each in texts))),
        words=frozenset(word for line in lines for word in _WORD.findall(line)),
        paths=frozenset((*by_variables, *(each for each in run_by(lines) if is_code(each))))
        if shell
        else frozenset(),
        folders=frozenset({"."} if shell and any(map(_starts_module, lines)) else ()),
        unknown=frozenset({A_COMMAND} if shell and any(is_unknown(each) for each in lines) else ()),
        started=frozenset((*by_variables, *started_by(lines)) if shell else ()),
    )


def _starts_module(line: str) -> bool:
    """Whether a line runs a module by `-m`, for which Python looks first in the folder where it runs."""
    by = _LAUNCHER.search(line)
    return by is not None and not {*_RUN.findall(line, by.end())} <= _INSTALLERS


def _asked_in_script(ending: str, text: str) -> Asked:
    mark = _COMMENTS.get(ending, "#")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(mark))
    lines = _CONTINUED.sub(" ", code).splitlines()
    found = asked_in_commands(lines, shell=ending in SHELL)
    loads = _OTHER_LANGUAGES.get(ending)
    is_known = loads is None or not any(loads.search(line) for line in lines)
    return found if is_known else found._replace(unknown=found.unknown | {BY_A_NAME})


def _asked_in_python(tree: ast.Module) -> Asked:
    nodes = list(ast.walk(tree))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    texts = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]
    more = loaded(nodes)
    return Asked(
        modules=frozenset(each for node in nodes for each in _modules(node)) | more.modules,
        words=asked_in_commands(texts, shell=False).words,
        paths=more.paths,
        folders=more.folders,
        dotted=frozenset(each for each in texts if _DOTTED.fullmatch(each)),
        unknown=more.unknown,
        started=more.started,
    )


def _modules(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The modules that a part of a program asks for; a name from a module may be one as well."""
    if isinstance(node, ast.Import):
        yield from ((0, each.name) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = node.module or ""
        yield node.level, start
        yield from ((node.level, f"{start}.{each.name}".lstrip(".")) for each in node.names)


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
