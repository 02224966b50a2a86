"""Commands: the programs that lines of a shell run, and whether those are known before they run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_code
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SHELL = (".sh", ".bash")
"""Endings of scripts of a shell."""
INTERPRETER = re.compile(
    r"python[\d.]*|bash|sh|zsh|source|\.|Rscript|node|julia|perl|ruby|lua|papermill|exec|eval|env|time|uv|run"
)
_PARTS = re.compile(r"&&|\|\||[;|\n]")
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`|\$[A-Za-z_]\w*")
_GIVEN = re.compile(r"\$(?:[@*\d]|\{[@*\d][^}]*\})")
"""An argument of the script: what a command gives it, is in the command."""
LONGEST_LINE = 10_000
_PYTHON = (".py", ".ipynb")
_BEFORE = re.compile(r"(?:[A-Za-z_]\w*=\S*|then|do|else|if|while|!)")
_PIECES = re.compile(r"&&|\|\||[;|&\n()`{}]")
_WRITTEN = re.compile(r"\d*>+\s*[^\s;|&]+")
_NO_RUN = frozenset(
    (
        *("cp", "mv", "rm", "cat", "grep", "sed", "diff", "wc", "head", "tail", "echo", "touch", "chmod"),
        *(
            "git",
            "dvc",
            "ls",
            "test",
            "[",
            "sha256sum",
            "md5sum",
            "ruff",
            "black",
            "mypy",
            "flake8",
            "pylint",
        ),
    )
)
"""Programs that run none of the files that they are given."""
_ACTIVATES = re.compile(
    r"eval\s+\"?\$\((?:\S*/)?(?:conda|mamba|micromamba|pyenv|direnv|brew)\s[^()]*\)\"?"
    r"|(?:source|\.)\s+\S*/(?:activate|conda\.sh)\b[\"']?"
)
"""Commands that set up an environment."""


def command_words(line: str) -> list[str]:
    """The words of a line, without quotation marks and with a mark for each variable."""
    return [word for each in _without_variables(line).split() if (word := each.strip("\"'"))]


def _without_variables(line: str) -> str:
    """A line with a mark for each variable; of a longer one than people write, the start."""
    return _VARIABLE.sub(UNKNOWN, _GIVEN.sub("", line[:LONGEST_LINE]))


def named_by_variables(lines: Iterable[str]) -> Iterator[str]:
    """The programs whose paths begin with a variable: the part after it."""
    for line in lines:
        if "$" in line or "`" in line:
            for word in command_words(line):
                _, mark, end = word.rpartition(UNKNOWN)
                end = end.replace('"', "").replace("'", "")
                if mark and end.startswith("/") and is_code(end):
                    yield f"{UNKNOWN}{end}"


def is_unknown(line: str) -> bool:
    """Whether a line runs a program that only variables name."""
    return "$" in line and any(
        _is_unknown(words) for words in _commands(_ACTIVATES.sub("", line[:LONGEST_LINE]))
    )


def _commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a line, without what may be before it."""
    for part in _PARTS.split(_without_variables(line)):
        words = [word for each in part.lstrip(" \t@-+").split() if (word := each.strip("\"'"))]
        while words and _BEFORE.fullmatch(words[0]):
            words = words[1:]
        yield words


def _is_unknown(words: Sequence[str]) -> bool:
    if not words or any(is_code(word.rpartition(UNKNOWN)[2]) for word in words):
        return False
    if not INTERPRETER.fullmatch(words[0].rpartition("/")[2]):
        return words[0] == UNKNOWN
    return next((word for word in words[1:] if not word.startswith("-")), "").startswith(UNKNOWN)


def run_by(lines: Iterable[str]) -> Iterator[str]:
    """The words of lines that are run: the first of a command, and the first after what runs programs."""
    for each in (each for line in lines for each in _commands(line)):
        words = each
        while words and INTERPRETER.fullmatch(words[0].rpartition("/")[2]):
            words = [word for word in words[1:] if not word.startswith("-")]
        yield from words[:1]


def started_by(lines: Iterable[str]) -> Iterator[str]:
    """The programs of Python in commands, whatever starts them: the first one of each command.

    What comes after it are its arguments.
    """
    for line in lines:
        text = _WRITTEN.sub(" ", line[:LONGEST_LINE])
        for part in _PIECES.split(text) if any(each in text for each in _PYTHON) else ():
            words = [word for each in part.split() if (word := each.strip("\"'"))]
            if words and words[0].rpartition("/")[2] not in _NO_RUN:
                yield from [word for word in words if word.endswith(_PYTHON)][:1]
