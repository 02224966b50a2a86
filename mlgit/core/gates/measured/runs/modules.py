"""Modules: the files of Git that a module of Python may be, also behind links and compiled."""

from __future__ import annotations

import posixpath
import sys
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import COMPILED, is_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.imports import Asked
    from mlgit.core.pipeline.inputs import Places

_MODULE = (".py", "/__init__.py", *COMPILED)
_FILES = (".py", *COMPILED)
_DEEPEST = 100  # dots in a name


class Modules:
    """The programs of Git on one side, by path and by the name of a module."""

    def __init__(self, places: Places) -> None:
        self.paths = places.paths()
        self._places = places
        self._known: dict[tuple[int, str, tuple[str, ...]], list[tuple[str, bool]]] = {}
        self._linked: dict[str, bool] = {}
        self._modules_at: dict[str, tuple[Sequence[str], bool]] = {}
        self._sorted = sorted(self.paths)

    def of(self, text: Asked, bases: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
        """The files of modules that a program asks for; the first of the folders is that of the program."""
        for dots, name in sorted(each for each in text.modules if each[1].count(".") < _DEEPEST):
            if (dots, name, bases) not in self._known:
                self._known[dots, name, bases] = [*self._module(dots, name.split(".") if name else [], bases)]
            yield from self._known[dots, name, bases]

    def _module(self, dots: int, parts: Sequence[str], bases: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
        """The files of a module: from folders where Python looks, else wherever such a path may be one."""
        if dots:
            base = posixpath.join(bases[0], *[".."] * (dots - 1))
            yield from ((path, True) for path in self._files(base, ["", *parts]))
            return
        known = [base for base in dict.fromkeys(bases) if self._has(base, parts[0])]
        found = [path for base in known for path in self._files(base, parts)]
        yield from ((path, True) for path in found)
        # A folder may only have the name of a module that is elsewhere.
        for root in self._roots(parts) if not found else ():
            yield from ((path, False) for path in self._files(root, parts))

    def named(self, name: str, bases: tuple[str, ...]) -> Iterator[str]:
        """The files of a module that a text names, or of the one that has what it names."""
        package = name.rpartition(".")[0]
        for each in (name, package) if "." in package else (name,):
            parts = each.split(".")
            ends = tuple("/".join(("", *parts)) + end for end in (*_MODULE, "/__main__.py"))
            files = [path for path, _ in self._module(0, parts, bases) if f"/{path}".endswith(ends)]
            yield from files
            if files:
                return

    def ending_with(self, end: str) -> list[str]:
        """The programs whose path ends with a part of one that begins with `/`."""
        name = posixpath.basename(end)
        return [path for path in self._by_file.get(name, ()) if f"/{path}".endswith(end)]

    @cached_property
    def _by_file(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for path in self._sorted:
            if is_code(path):
                found.setdefault(posixpath.basename(path), []).append(path)
        return found

    def _files(self, base: str, parts: Sequence[str]) -> Iterator[str]:
        """The files of a module in a folder, and of the packages above it."""
        for count in range(1, len(parts) + 1):
            place = posixpath.normpath(posixpath.join(base, *parts[:count]))
            files, more = self._at(place)
            yield from files
            if count == len(parts):
                yield from self.code_at(f"{place}/__main__.py")
            elif not more:
                return

    def _at(self, place: str) -> tuple[Sequence[str], bool]:
        """The files of the module or package at a place, and whether there is anything in it."""
        if place not in self._modules_at:
            files = [path for end in _MODULE for path in self.code_at(f"{place}{end}")]
            files += [*self._compiled(place), *self._compiled(f"{place}/__init__")]
            inside = self.inside(self.target(place))
            self._modules_at[place] = files, place == "." or any(path.endswith(_FILES) for path in inside)
        return self._modules_at[place]

    def _compiled(self, place: str) -> Iterator[str]:
        """What Python takes for a module under a name with the version of Python in it."""
        folder, name = posixpath.split(place)
        for start in (f"{place}.", f"{posixpath.join(folder, '__pycache__', name)}."):
            # `/` follows `.` in ASCII, so this is the end of the range.
            first, last = (bisect_left(self._sorted, each) for each in (start, f"{start[:-1]}/"))
            for path in self._sorted[first:last]:
                if path.endswith(COMPILED) and "." in path[len(start) :]:
                    yield path

    def _has(self, base: str, name: str) -> bool:
        """Whether a folder has a module or a package."""
        return any(self._at(posixpath.normpath(posixpath.join(base, name))))

    def _roots(self, parts: Sequence[str]) -> list[str]:
        """The folders, not packages themselves, from which a module could be imported."""
        found: dict[str, None] = {}
        for count in range(len(parts), 0, -1) if parts[0] not in sys.stdlib_module_names else ():
            end = "/".join(("", *parts[:count]))
            for path in self._by_name.get(parts[count - 1], ()):
                root = path.removesuffix(".py").removesuffix("/__init__").removesuffix(end)
                if f"{root}{end}" in {path[:-3], path[:-12]} and f"{root}/__init__.py" not in self.paths:
                    found[root] = None
        return [*found]

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[str]]:
        """Name of a module -> its files of Python, without those at the root."""
        found: dict[str, list[str]] = {}
        for path in self._sorted:
            if path.endswith(".py") and "/" in path:
                name = posixpath.basename(path.removesuffix("/__init__.py").removesuffix(".py"))
                found.setdefault(name, []).append(path)
        return found

    def inside(self, folder: str) -> list[str]:
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._sorted, f"{folder}{last}") for last in "/0")
        return self._sorted[start:end]

    def target(self, path: str) -> str:
        """Where a path leads, through links of Git."""
        if path not in self.paths:
            folder = posixpath.dirname(path)
            if folder not in self._linked:
                self._linked[folder] = self._places.link(folder) is not None
            if not self._linked[folder]:
                return path
        link = self._places.link(path)
        return path if link is None else link.path

    def code_at(self, path: str) -> list[str]:
        """The program at a path; if a link leads there, that and where it leads."""
        target = self.target(path)
        if (target == path and path not in self.paths) or not (is_code(path) or is_code(target)):
            return []
        links = [each for each in (path, *above(path)) if each in self.paths] if target != path else []
        return [*links[:1], *([target] if target in self.paths else [])]


def above(path: str) -> Iterator[str]:
    """The folders that a path is in, from the inside, without `/`."""
    while (path := posixpath.dirname(path)).strip("/"):
        yield path


def without_compiled(paths: Collection[str]) -> set[str]:
    """The programs without what Python compiles of those among them, which changes with them."""
    return {path for path in paths if _source(path) not in paths}


def _source(path: str) -> str:
    """Where the program is that Python compiled into `__pycache__`."""
    folder, name = posixpath.split(path)
    above = posixpath.join(posixpath.dirname(folder), name.partition(".")[0])
    return f"{above}.py" if name.endswith(".pyc") and posixpath.basename(folder) == "__pycache__" else ""
