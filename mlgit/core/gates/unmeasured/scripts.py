"""Scripts: programs whose name has no ending, as if it had that of the program which runs them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.inputs import Places

_WORD = re.compile(r"""[^\s'"=,;:|&<>()`$@]+""")
_START = re.compile(rb"#![^\n]*?\b(python|uv run|node|perl|ruby|(?:ba|z|da|k)?sh)[\d.]*(?:\s|$)")
_ENDINGS = {b"python": ".py", b"uv run": ".py", b"node": ".js", b"perl": ".pl", b"ruby": ".rb"}


class Scripts(NamedTuple):
    """Commands and places in which scripts have an ending, so that what they run is found."""

    lines: tuple[str, ...]
    places: Places


def words_of(text: str) -> list[str]:
    """The words of a command, also those inside of others: `--with=FILE`."""
    return _WORD.findall(text)


def with_endings(lines: Iterable[str], places: Places) -> Scripts:
    """The commands, and the places, where each script that they name has a copy with an ending."""
    given = tuple(lines)
    there = places.paths()
    named = {posixpath.normpath(word) for line in given for word in words_of(line)} & there
    contents = places.read(sorted(path for path in named if "." not in posixpath.basename(path)))
    found = {path: match[1] for path, text in contents.items() if (match := _START.match(text))}
    copies = {f"{path}{_ENDINGS.get(by, '.sh')}": path for path, by in found.items()}
    copies = {copy: path for copy, path in copies.items() if copy not in there}
    if not copies:
        return Scripts(given, places)
    endings = {path: copy[len(path) :] for copy, path in copies.items()}

    def read(paths: Iterable[str]) -> Mapping[str, bytes]:
        names = [*paths]
        own = places.read([copies.get(path, path) for path in names])
        return {path: own[at] for path in names if (at := copies.get(path, path)) in own}

    def renamed(match: re.Match[str]) -> str:
        return match[0] + endings.get(posixpath.normpath(match[0]), "")

    return Scripts(
        tuple(_WORD.sub(renamed, line) for line in given),
        replace(places, paths=lambda: there | copies.keys(), read=read),
    )
