"""Python path: folders and programs that Python and pytest use without being asked for them by name."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs.reading.pytest_settings import arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PATH = re.compile(r"""\bPYTHONPATH=["']?([^\s"';&|]*)""")
_HERE = re.compile(r"^(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`)(?:/|$)")
_TEST = re.compile(r"(?:test_.*|.*_test|conftest)\.py")
CUSTOM = ("sitecustomize", "usercustomize")
"""Modules that Python imports when it starts, from the folders where it looks for modules."""


def search_path(lines: Iterable[str], folder: str) -> tuple[str, ...]:
    """The folders of the repository that commands in a folder put on the path of Python."""
    found = (part for line in lines for text in _PATH.findall(line) for part in text.split(":"))
    places = (_HERE.sub("./", part) for part in found if part)
    return tuple(
        dict.fromkeys(posixpath.normpath(posixpath.join(folder, each)) for each in places if each[0] != "$")
    )


def tested(lines: Iterable[str], folder: str, paths: frozenset[str]) -> Iterator[str]:
    """The programs that pytest finds: tests in what it is given, `conftest.py` also next to and above it."""
    for words in arguments(lines):
        given = [word.partition("::")[0] for word in words if not word.startswith("-")]
        places = {posixpath.normpath(posixpath.join(folder, word)) for word in given}
        known = {each for each in places if each in paths or _has(each, paths)} or {folder}
        for path in paths:
            name = posixpath.basename(path)
            if _TEST.fullmatch(name) and any(_is_used(path, name, each) for each in known):
                yield path


def _has(folder: str, paths: frozenset[str]) -> bool:
    return any(path.startswith(f"{folder}/") for path in paths)


def _is_used(path: str, name: str, given: str) -> bool:
    above = posixpath.dirname(path)
    inside = given == "." or path.startswith(f"{given}/")
    return inside or (name == "conftest.py" and (not above or given.startswith(f"{above}/")))
