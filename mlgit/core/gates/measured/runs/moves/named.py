"""Named: the files and folders that the text of a program names from its own place, or from where it runs."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs.reading.commands import SHELL
from mlgit.core.gates.measured.runs.reading.texts import texts_of
from mlgit.core.gates.measured.runs.reading.values import OWN, UNKNOWN
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OWN_PLACE = re.compile(
    r"__file__|__package__|__path__|__spec__|__dirname|__dir__|__DIR__|__FILE__|@__DIR__|import\.meta|FindBin"
    r"|argv\[0\]|sys\.path\[0\]|getsourcefile|getfile|resources|get_data|resource_\w+|\bhydra\b|commandArgs"
    r"|\bhere::|\$0|\$\{0|BASH_SOURCE|\$PSScriptRoot"
)
"""What a program has that may read from its own place."""
_ALWAYS = (".ipynb", ".rmd")
"""Endings of what tools run in the folder that it is in."""
_NAME = re.compile(r"[^\s\0\1:;,*?\[\]{}()<>|&$'\"`\\]+")
_LONGEST = 200


class Named(NamedTuple):
    """Relative names, those of folders of which any file may be read with `/` at the end.

    `own` are from the folder that the program is in, `here` from the one where it runs.
    """

    own: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()


def named(path: str, content: bytes) -> Named:
    """What a program names. Each text of one that uses its own place may be a name from there."""
    texts = texts_of(path, content)
    ending = posixpath.splitext(path)[1].lower()
    is_own = ending in _ALWAYS or _OWN_PLACE.search(content.decode("utf-8", "replace")) is not None
    own = {name for each in texts if (name := _from_own(each, is_shell=ending in SHELL))} if is_own else set()
    here = {each for each in texts if not each.startswith((OWN, UNKNOWN))}
    return Named(own=frozenset(_names({*own, *(here if is_own else ())})), here=frozenset(_names(here)))


def _from_own(text: str, *, is_shell: bool) -> str | None:
    """The part of a path after the folder of its program, or after a variable that may be this folder."""
    if text.startswith(OWN):
        return f"./{text.removeprefix(OWN).lstrip('/')}"
    start, _, end = text.partition(UNKNOWN)
    is_known = is_shell or not end.startswith(f"/{UNKNOWN}")
    return f".{end}" if not start and end.startswith("/") and is_known else None


def _names(texts: Iterable[str]) -> Iterator[str]:
    """The names that texts are; the folder before a part that is not known, or is a pattern."""
    for text in texts:
        known = re.split(r"[\1*?\[]", text, maxsplit=1)[0]
        name = known if known == text else known[: known.rfind("/") + 1]
        if len(name) <= _LONGEST and not name.startswith("/") and _NAME.fullmatch(name) and name.strip("./"):
            yield name
        elif name and not name.strip("./") and known != text:
            yield name  # any file in its own folder, or in one above it
