"""Words: private words in names, docstrings, comments and texts, with the plain word to use instead.

Run it on files or folders to list what is left: `python -m tests.house.words mlgit/core`.
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# A pattern for words in lower case, and what to write instead.
PLAIN = {
    r"told|tells?|telling": "report, show, print; distinguish",
    r"stands?|standing|stood": "is, appears; replaces, matches",
    r"beside": "next to, with",
    r"whoever": "the caller, anyone who",
    r"somebody|somebody's": "someone, another user",
    r"nobody|nobody's": "no one; `not declared`",
    r"(?<!there )(?:is|are|was|were) (?:no|none)(?! longer)": "is not a, is not one; lacks",
    r"(?:has|have|had) (?:not|none)(?= *(?:$|[.,;:)]))": "lacks, does not have it",
    r"anew": "again",
    r"held against": "checked against",
    r"lies?": "is",
    r"said": "the thing: message, output, answer; run twice, used together",
    r"goes on|ends well|bears?": "continues; succeeds; is safe to",
    r"mends?|mended|mending": "fix",
    r"a line a|a file a|a tag a|a case a|a row a": "one … per …",
    r"speaks? of": "mentions",
    r"wish(?:es)?|errands?|gists?|rivals?": "options; posting; summary; winner",
    r"remember(?:s|ed|ing)?": "cache, record, keep",
}
# The same for texts that users read: messages, hints, help, screens and reports.
PLAIN_TEXT = {
    r"everybody|everybody's": "everyone",
    r"by itself|on purpose": "automatically; explicitly",
    r", so that": ", so",
    r", too(?! (?:many|large|long|much|few)\b)": "also, before the verb",
    r"just now": "just, before the verb",
    r"judge[ds]?|judging": "check, evaluate",
    r"taken? for": "treat as",
    r"(?:is|are|was) another one": "differs from, was replaced",
    r"no more(?! than)": "no longer",
    r"at the same moment": "at the same time",
    r"nothing follows": "it changes nothing",
    r"repair (?:it|the|them)": "fix",
    r"says? (?:why|where|how|what|which|so)": "show, name, set",
}
_PRIVATE = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in PLAIN))
_PRIVATE_TEXT = re.compile("|".join(rf"(?:\b|(?=,))(?:{pattern})\b" for pattern in PLAIN | PLAIN_TEXT))
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Names from the standard library, from tools, and keys of documents that users have.
_FOREIGN = frozenset({"beside", "told_at"})


class Place(NamedTuple):
    """One private word; `kind` is file name, name, docstring, comment or text."""

    path: str
    line: int
    kind: str
    words: str


def private_words(path: Path) -> Iterator[Place]:
    """The private words in a Python file and in its name."""
    shown = os.path.relpath(path, ROOT)
    text = path.read_text(encoding="utf-8")
    for word in _found(_spaced(path.stem)):
        yield Place(shown, 0, "file name", word)
    yield from _in_strings(shown, ast.parse(text))
    comment, started, ended = "", 0, 0
    seen: set[str] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string not in seen | _FOREIGN:
            seen.add(token.string)
            for word in _found(_spaced(token.string)):
                yield Place(shown, token.start[0], "name", f"{word} in {token.string}")
        elif token.type == tokenize.COMMENT:
            if token.start[0] != ended + 1:
                yield from _comment(shown, started, comment)
                comment, started = "", token.start[0]
            comment, ended = f"{comment} {token.string.lstrip('# ')}", token.start[0]
    yield from _comment(shown, started, comment)


def _in_strings(path: str, tree: ast.AST) -> Iterator[Place]:
    for line, docstring in _docstrings(tree, commands=path.startswith("mlgit/cli/")):
        for word in _found(docstring):
            yield Place(path, line, "docstring", word)
    for line, text in _texts(tree) if path.startswith("mlgit/") else ():
        for word in _found(text, _PRIVATE_TEXT):
            yield Place(path, line, "text", word)


def _comment(path: str, line: int, text: str) -> Iterator[Place]:
    for word in _found(text):
        yield Place(path, line, "comment", word)


def _found(text: str, private: re.Pattern[str] = _PRIVATE) -> list[str]:
    without_code = re.sub(r"`[^`]*`|\"[^\"]*\"|\bNone\b", "…", text)  # None is a value, not a word
    return [match.group() for match in private.finditer(" ".join(without_code.lower().split()))]


def _spaced(name: str) -> str:
    return " ".join(part.lower() for part in _NAME_PARTS.findall(name))


def _docstrings(tree: ast.AST, *, commands: bool) -> Iterator[tuple[int, str]]:
    """Texts that are statements of their own: of modules, classes, functions and, below them, of names.

    With `commands`, a function `entry` is left out: its text is the help of a command.
    """
    for node in ast.iter_child_nodes(tree):
        if commands and isinstance(node, ast.FunctionDef) and node.name == "entry":
            continue
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value
        yield from _docstrings(node, commands=commands)


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings of more than one word that are values, and the help of commands; `…` for what is filled in."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            skipped.add(id(node.value))
        if isinstance(node, ast.FunctionDef) and node.name == "entry":
            yield node.lineno, ast.get_docstring(node) or ""
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield (node.lineno, node.value if " " in node.value.strip() else "")


def in_prose(text: str) -> list[str]:
    """The private words in a text without code blocks."""
    return _found(text, _PRIVATE_TEXT)


def in_schema(part: object) -> Iterator[str]:
    """The private words in the titles and descriptions of a JSON Schema, which editors show."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"title", "description"} and isinstance(value, str):
                yield from _found(value, _PRIVATE_TEXT)
            yield from in_schema(value)
    elif isinstance(part, list):
        for item in part:
            yield from in_schema(item)


def files(*folders: str) -> list[Path]:
    """The Python files in these files and folders, except this one, which has to name the words."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found += [ROOT / folder for folder in folders if folder.endswith(".py")]
    return sorted(path for path in found if path != Path(__file__))


if __name__ == "__main__":
    places = [place for path in files(*sys.argv[1:] or ("mlgit", "tests")) for place in private_words(path)]
    for place in places:
        print(f"{place.path}:{place.line}: {place.kind}: {place.words}")
    print(f"{len(places)} private words")
