"""Reached: the programs of Git that a stage runs on one side, also through imports, scripts and links."""

from __future__ import annotations

import posixpath
import sys
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.measured.runs.imports import Asked, asked, asked_in_commands
from mlgit.core.gates.measured.runs.python_path import CUSTOM, search_path, tested
from mlgit.core.gates.measured.runs.runners import Run, runs
from mlgit.core.gates.resolved.stage_changes import undeclared

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Stage

COMMAND, RUNS, IN_FOLDER, MAY_RUN = 4, 3, 2, 1
"""A program that a stage has in its command; that it declares or imports; that is in a folder which it reads;
that it may import from another folder."""

_COMPILED = (".pyc", ".so", ".pyd")
_MODULE = (".py", "/__init__.py", *_COMPILED)
_MOST_FILES = 500
_AT_START = Asked(modules=frozenset((0, name) for name in CUSTOM))


def is_code(path: str) -> bool:
    """Whether a file is a program, or a module of Python that is compiled."""
    return is_program(path) or path.endswith(_COMPILED)


class Reached:
    """The programs of Git on one side.

    `texts` are what those that were read ask for. `exact` is as in `asked`.
    """

    def __init__(self, places: Places, texts: dict[tuple[bool, str, bytes], Asked], *, exact: bool) -> None:
        self.paths = places.paths()
        self._places, self._texts, self._exact = places, texts, exact
        self._known: dict[tuple[int, str, tuple[str, ...]], list[tuple[str, bool]]] = {}
        self._runs: dict[tuple[str, tuple[str, ...]], list[Run]] = {}
        self._linked: dict[str, bool] = {}
        self._modules_at: dict[str, tuple[Sequence[str], bool]] = {}
        self._sorted = sorted(self.paths)

    def of(self, stage: Stage, trained: Collection[str], wanted: Collection[str] | None) -> dict[str, int]:
        """The programs of a stage, by how surely it runs them.

        Those that training declares count only if the stage declares, runs or imports them. No more files are
        read than it takes to reach all that are `wanted`; None for all.
        """
        found = self._first(stage, trained)
        read: set[str] = set()
        known = {*self.recipes(stage)}
        for sure in (RUNS, IN_FOLDER, MAY_RUN):
            waiting = [path for path in found if found[path] >= sure]
            while (
                waiting and len(read) < _MOST_FILES and not (wanted is not None and found.keys() >= {*wanted})
            ):
                here = [path for path in waiting if path not in known and is_program(path)]
                known |= {*here}
                read |= {*here}
                waiting = []
                for path, surely in self._asked_by(here, stage, trained):
                    rank = sure if surely else MAY_RUN
                    if rank > found.get(path, 0):
                        found[path] = rank
                        waiting += [path] if rank >= sure else []
        return found

    def runs(self, stage: Stage) -> list[Run]:
        """The commands of a stage, and those that they run by a name."""
        key = (stage.wdir, stage.cmd)
        if key not in self._runs:
            self._runs[key] = runs(stage, self.paths, self._places.read)
        return self._runs[key]

    def recipes(self, stage: Stage) -> dict[str, list[str]]:
        """The files that have commands of a stage under a name, with these."""
        found: dict[str, list[str]] = {}
        for run in self.runs(stage):
            if run.path is not None and run.lines:
                found.setdefault(run.path, []).extend(run.lines)
        return found

    def _bases(self, stage: Stage) -> tuple[str, ...]:
        """The folders where a stage's Python looks for modules, other than that of a program."""
        own = (each for run in self.runs(stage) for each in search_path(run.lines, run.folder))
        return tuple(dict.fromkeys((*own, stage.wdir, ".")))

    def _first(self, stage: Stage, trained: Collection[str]) -> dict[str, int]:
        """The programs that a stage declares, names in a command or reads in a folder."""
        found = {path: RUNS for name in stage.deps for path in self._code_at(name)}
        for run in self.runs(stage):
            own = stage._replace(deps=(), wdir=run.folder, cmd=run.lines)
            here = [run.path] if run.path is not None else []
            here += tested(run.lines, run.folder, self.paths)
            for name in (*here, *undeclared(own, _Here(self._code_at))):
                found |= dict.fromkeys(self._code_at(name), COMMAND)
            bases = (*search_path(run.lines, run.folder), *self._bases(stage), run.folder, ".")
            for path, surely in self._modules(asked_in_commands(run.lines), bases):
                found[path] = max(found.get(path, 0), COMMAND if surely else MAY_RUN)
        for path, _ in self._modules(_AT_START, self._bases(stage)):
            found.setdefault(path, MAY_RUN)
        for dep in stage.deps:
            for path in self._inside(self._target(dep)):
                for code in self._code_at(path) if is_program(path) and path not in trained else ():
                    found.setdefault(code, IN_FOLDER)
        return found

    def _asked_by(
        self, programs: Sequence[str], stage: Stage, trained: Collection[str]
    ) -> Iterator[tuple[str, bool]]:
        """(program, whether it surely is that one) of what programs import and name."""
        contents, bases = self._places.read(programs), self._bases(stage)
        for program, content in contents.items():
            folder = posixpath.dirname(program)
            key = (self._exact, posixpath.splitext(program)[1], content)
            if key not in self._texts:
                self._texts[key] = asked(program, content, exact=self._exact)
            text = self._texts[key]
            yield from self._modules(text, (folder, *bases))
            for word in text.words:
                for base in (stage.wdir, folder, ".") if is_program(word) else ():
                    for path in self._code_at(posixpath.normpath(posixpath.join(base, word))):
                        if path not in trained:
                            yield path, True

    def _modules(self, text: Asked, bases: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
        """The files of modules that a program asks for; the first of the folders is that of the program."""
        for dots, name in sorted(text.modules):
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
        for base in known or self._roots(parts):
            yield from ((path, bool(known)) for path in self._files(base, parts))

    def _files(self, base: str, parts: Sequence[str]) -> Iterator[str]:
        """The files of a module in a folder, and of the packages above it."""
        for count in range(1, len(parts) + 1):
            place = posixpath.normpath(posixpath.join(base, *parts[:count]))
            files, more = self._at(place)
            yield from files
            if count == len(parts):
                yield from self._code_at(f"{place}/__main__.py")
            elif not more:
                return

    def _at(self, place: str) -> tuple[Sequence[str], bool]:
        """The files of the module or package at a place, and whether there is anything in it."""
        if place not in self._modules_at:
            files = [path for end in _MODULE for path in self._code_at(f"{place}{end}")]
            self._modules_at[place] = files, place == "." or bool(self._inside(self._target(place)))
        return self._modules_at[place]

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

    def _inside(self, folder: str) -> list[str]:
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._sorted, f"{folder}{last}") for last in "/0")
        return self._sorted[start:end]

    def _target(self, path: str) -> str:
        """Where a path leads, through links of Git."""
        if path not in self.paths:
            folder = posixpath.dirname(path)
            if folder not in self._linked:
                self._linked[folder] = self._places.link(folder) is not None
            if not self._linked[folder]:
                return path
        link = self._places.link(path)
        return path if link is None else link.path

    def _code_at(self, path: str) -> list[str]:
        """The program at a path; if a link leads there, that and where it leads."""
        target = self._target(path)
        if (target == path and path not in self.paths) or not (is_code(path) or is_code(target)):
            return []
        links = [each for each in (path, *above(path)) if each in self.paths] if target != path else []
        return [*links[:1], *([target] if target in self.paths else [])]


def above(path: str) -> Iterator[str]:
    """The folders that a path is in, from the inside, without `/`."""
    while (path := posixpath.dirname(path)).strip("/"):
        yield path


class _Here:
    """Where there is a program of Git, also behind links."""

    def __init__(self, code_at: Callable[[str], Sequence[str]]) -> None:
        self._code_at = code_at

    def __contains__(self, path: object) -> bool:
        return bool(self._code_at(f"{path}"))
