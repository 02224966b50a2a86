"""Settings of pytest: which of its files it takes for what commands give it, and what is in that."""

from __future__ import annotations

import configparser
import json
import posixpath
import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Read = Callable[[Sequence[str]], Mapping[str, bytes]]

FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""The files that pytest looks for in a folder, the first ones before the others."""
_ALONE = FILES[:4]
_ENDINGS = (".ini", ".cfg", ".toml")
_FILE = ("-c", "--config-file")
_COMMAND = re.compile(r"(?:^|[\s/;&|(@])(?:pytest|py\.test)(?=\s|$)([^;&|]*)")
_IN_PYTHON = re.compile(rb"\bpytest\.main\b|[\"']py\.?test[\"']")


def differ(paths: Iterable[str], reads: Sequence[Read]) -> bool:
    """Whether one of these files has other settings of pytest on one side."""
    own = [path for path in paths if path.endswith(_ENDINGS)]
    return any(set_in(path, reads[0]) != set_in(path, reads[1]) for path in own)


def runs_pytest(program: bytes) -> bool:
    """Whether a program of Python may start pytest."""
    return _IN_PYTHON.search(program) is not None


def arguments(lines: Iterable[str]) -> Iterator[list[str]]:
    """The words after each `pytest` in commands."""
    for line in lines:
        for text in _COMMAND.findall(line) if not line.lstrip().startswith("#") else ():
            yield [each.strip("'\"()") for each in text.split()]


def settings(words: Sequence[str], folder: str, paths: frozenset[str], read: Read) -> tuple[str, str] | None:
    """The file that pytest takes with these words in a folder, and what is set there; None without one."""
    for at, word in enumerate(words):
        name, _, value = word.partition("=")
        value = value or (words[at + 1] if at + 1 < len(words) else "")
        if name in _FILE and (path := posixpath.normpath(posixpath.join(folder, value))) in paths:
            return path, set_in(path, read) or ""
    places = (posixpath.normpath(posixpath.join(folder, each.partition("::")[0])) for each in words)
    given = [posixpath.dirname(each) if each in paths else each for each in places if _is_there(each, paths)]
    start = posixpath.commonpath(given) if given and all(given) else "" if given else folder
    for each in (*_upwards(start), *_upwards(folder)):
        for path in (posixpath.normpath(posixpath.join(each, name)) for name in FILES):
            found = set_in(path, read) if path in paths else None
            if found is not None:
                return path, found
    return None


def _is_there(path: str, paths: frozenset[str]) -> bool:
    return path in paths or any(each.startswith(f"{path}/") for each in paths)


def _upwards(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root."""
    while folder.strip("./"):
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def set_in(path: str, read: Read) -> str | None:
    """What a file sets for pytest; None if there is none, or pytest passes over it."""
    content = read([path]).get(path)
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    name = posixpath.basename(path)
    found = _of_toml(name, text) if name.endswith(".toml") else _of_ini(name, text)
    return "" if found is None and name in _ALONE else found


def _of_toml(name: str, text: str) -> str | None:
    try:
        value: object = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    for key in ("tool", "pytest") if name not in _ALONE else ("pytest",):
        value = value.get(key) if isinstance(value, dict) else None
    return None if value is None else json.dumps(value, sort_keys=True, default=str)


def _of_ini(name: str, text: str) -> str | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    section = "tool:pytest" if name.endswith(".cfg") else "pytest"
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # a line after a key without a value
        return text if f"[{section}]" in text else None
    return json.dumps(dict(parser[section]), sort_keys=True) if parser.has_section(section) else None
