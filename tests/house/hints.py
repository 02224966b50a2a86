"""Commands in messages: the places where a name or path becomes part of a command that a user may paste."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Functions whose result is one word, or several, for the shell.
QUOTING = frozenset({"word", "words", "_word"})
# Values that their grammar keeps free of characters that a shell reads: names of models and environments,
# versions, object ids, ids of gates, our own options and settings.
PLAIN = frozenset(
    {
        "accepted.name",
        "CONFIG_FILE",
        "_EXAMPLE",
        "_address(word)",
        "asked",
        "blocked.id",
        "commit",
        "environment",
        "environment.environment",
        "environment.name",
        "environment.source",
        "first.model",
        "found['url']",
        "here.environment",
        "here.model",
        "host",
        "label",
        "line.model",
        "live[0]",
        "model",
        "model.name",
        "named",
        "named.oid",
        "oid",
        "raw.name",
        "setting",
        "state.name",
        "verb",
        "version",
        "version.model",
        "version.version",
        "waiver.commit",
        "wanted.version",
    }
)
# Whole commands and options, which are made in pieces.
PIECES = frozenset({"place", "repair", "made", "fetch", "'--unshallow ' if clone.shallow else ''"})
_COMMAND = re.compile(r"(?:git|mlgit|dvc|rm) [a-z-]")
_SENTENCES = ("git could not", "git cannot", "mlgit answers")
_MARK = "\0"


class Hole(NamedTuple):
    """A value in a command that is not quoted."""

    path: str
    line: int
    value: str


def unquoted(path: Path) -> Iterator[Hole]:
    """The values of one module that a shell could read otherwise than they are meant."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for value in _in_commands(node):
                source = ast.unparse(value)
                called = value.func if isinstance(value, ast.Call) else None
                name = getattr(called, "id", getattr(called, "attr", None))
                if name not in QUOTING and source not in PLAIN | PIECES:
                    yield Hole(str(path), node.lineno, source)


def _in_commands(node: ast.JoinedStr) -> Iterator[ast.expr]:
    """The values between the backticks of a command, or in a text that is a command as a whole."""
    values = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    text = "".join(str(each.value) if isinstance(each, ast.Constant) else _MARK for each in node.values)
    number = 0
    for place, part in enumerate(text.split("`")):
        marks = part.count(_MARK)
        first = place == 0 and not part.startswith(_SENTENCES)
        if (first or place % 2 == 1) and _COMMAND.match(part):
            yield from values[number : number + marks]
        number += marks
