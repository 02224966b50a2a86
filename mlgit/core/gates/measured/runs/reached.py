"""Reached: the programs of Git that a stage runs on one side, also through imports, scripts and links."""

from __future__ import annotations

import posixpath
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import COMPILED, is_code, is_program
from mlgit.core.gates.measured.runs.imports import Asked, asked, asked_in_commands
from mlgit.core.gates.measured.runs.modules import Modules
from mlgit.core.gates.measured.runs.python_path import CUSTOM, search_path, tested
from mlgit.core.gates.measured.runs.reading.commands import SHELL, run_by
from mlgit.core.gates.measured.runs.reading.pytest_settings import arguments, runs_pytest
from mlgit.core.gates.measured.runs.reading.pytest_settings import settings as pytest_settings
from mlgit.core.gates.measured.runs.reading.settings import ENDINGS as SETTINGS
from mlgit.core.gates.measured.runs.reading.settings import names
from mlgit.core.gates.measured.runs.reading.values import UNKNOWN, place
from mlgit.core.gates.measured.runs.runners import Run, runs
from mlgit.core.gates.resolved.stage_changes import undeclared
from mlgit.core.pipeline.inputs import as_text
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Stage

COMMAND, RUNS, IN_FOLDER, MAY_RUN = 4, 3, 2, 1
"""A program that a stage has in its command; that it declares or imports; that is in a folder which it reads;
that it may import from another folder."""

_MOST_FILES = 500
_JAVASCRIPT = (".js", ".mjs", ".cjs", "/index.js")
_WITHOUT_ENDING = {
    **dict.fromkeys((".js", ".mjs", ".cjs"), _JAVASCRIPT),
    **dict.fromkeys((".pl", ".pm"), (".pm",)),
    ".rs": (".rs", "/mod.rs"),
    ".rb": (".rb",),
    ".lua": (".lua",),
}
"""Ending -> those of modules that such a program names without them."""
_AT_START = Asked(modules=frozenset((0, name) for name in CUSTOM))


class Reach(NamedTuple):
    """What a stage runs: program -> how surely, folders where it looks for modules, and what is not known.

    `unknown` has program -> why it may run more than was found, without a program for the commands.
    """

    found: dict[str, int]
    folders: dict[str, None]
    unknown: dict[str, str]


class Reached:
    """The programs of Git on one side.

    `texts` are what those that were read ask for. `exact` is as in `asked`.
    """

    def __init__(self, places: Places, texts: dict[tuple[bool, str, bytes], Asked], *, exact: bool) -> None:
        self._modules = Modules(places)
        self.paths = self._modules.paths
        self._places, self._texts, self._exact = places, texts, exact
        self._runs: dict[tuple[str, tuple[str, ...]], list[Run]] = {}

    def of(self, stage: Stage, trained: Collection[str], wanted: Collection[str] | None) -> dict[str, int]:
        """The programs of a stage, by how surely it runs them.

        Those that training declares count only if the stage declares, runs or imports them. No more files are
        read than it takes to reach all that are `wanted`; None for all.
        """
        return self._reach(stage, trained, wanted).found

    def all_of(self, stage: Stage, trained: Collection[str]) -> Reach:
        """All programs of a stage, and what is not known about them."""
        return self._reach(stage, trained, None)

    def _reach(self, stage: Stage, trained: Collection[str], wanted: Collection[str] | None) -> Reach:
        found, read = self._first(stage, trained), 0
        reach = Reach(found=found, folders={}, unknown={})
        self._start(stage, reach)
        known = {*self.recipes(stage)}
        for sure in (RUNS, IN_FOLDER, MAY_RUN):
            for path in self._shadowing(reach):
                found.setdefault(path, MAY_RUN)
            waiting = [path for path in found if found[path] >= sure]
            while waiting and read < _MOST_FILES and not (wanted is not None and found.keys() >= {*wanted}):
                here = [path for path in waiting if path not in known and is_program(path)]
                known |= {*here}
                read += len(here)
                waiting = []
                for path, surely in self._asked_by(here, stage, trained, reach):
                    rank = sure if surely else MAY_RUN
                    if rank > found.get(path, 0):
                        found[path] = rank
                        waiting += [path] if rank >= sure else []
        return reach

    def _start(self, stage: Stage, reach: Reach) -> None:
        """Where Python looks first for modules, and what in commands and settings is not known."""
        for run in self.runs(stage):
            text = asked_in_commands(run.lines)
            folders = [*search_path(run.lines, run.folder), *([run.folder] if text.modules else [])]
            folders += self._next_to(text, run.folder, run.folder)
            reach.folders.update(dict.fromkeys(folders))
            for reason in text.unknown:
                reach.unknown.setdefault("", reason)

    def _next_to(self, text: Asked, folder: str, here: str) -> Iterator[str]:
        """The folders of the programs that a text starts, in which Python looks first for modules."""
        for path, _ in self._run(Asked(paths=text.started), folder, here):
            yield posixpath.dirname(path) or "."

    def _shadowing(self, reach: Reach) -> Iterator[str]:
        """The files with the name of a module of Python where Python looks first."""
        for path in self._standard:
            if (posixpath.dirname(path.removesuffix("/__init__.py")) or ".") in reach.folders:
                yield path

    @cached_property
    def _standard(self) -> Sequence[str]:
        return [path for path in self.paths if _is_standard(path)]

    def target(self, path: str) -> str:
        """Where a path leads, through links of Git."""
        return self._modules.target(path)

    def below(self, path: str) -> list[str]:
        """The programs at a path, or in a folder."""
        own = [path] if path in self.paths else []
        return [each for each in (*own, *self._modules.inside(path)) if is_code(each)]

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

    def pytest_settings(self, stage: Stage) -> dict[str, list[str]]:
        """The files with settings of pytest that a stage takes, and what these are."""
        asked_for = [(run.folder, words) for run in self.runs(stage) for words in arguments(run.lines)]
        programs = [path for path, sure in self.of(stage, (), None).items() if sure >= RUNS]
        for path, content in self._places.read(sorted(filter(is_program, programs))).items():
            if path.endswith(SHELL):
                lines = content.decode("utf-8", "replace").splitlines()
                asked_for += [(stage.wdir, words) for words in arguments(lines)]
            elif runs_pytest(content):
                asked_for.append((stage.wdir, []))
        read = self._places.read
        found = (pytest_settings(words, folder, self.paths, read) for folder, words in asked_for)
        return {path: [text] for path, text in filter(None, found)}

    def _bases(self, stage: Stage) -> tuple[str, ...]:
        """The folders where a stage's Python looks for modules, other than that of a program."""
        own = (each for run in self.runs(stage) for each in search_path(run.lines, run.folder))
        return tuple(dict.fromkeys((*own, stage.wdir, ".")))

    def _first(self, stage: Stage, trained: Collection[str]) -> dict[str, int]:
        """The programs that a stage declares, names in a command or reads in a folder."""
        found = {path: RUNS for name in stage.deps for path in self._modules.code_at(name)}
        for run in self.runs(stage):
            own = stage._replace(deps=(), wdir=run.folder, cmd=run.lines)
            here = [run.path] if run.path is not None else []
            here += tested(run.lines, run.folder, self.paths)
            for name in (*here, *undeclared(own, _Here(self._modules.code_at))):
                found |= dict.fromkeys(self._modules.code_at(name), COMMAND)
            bases = (*search_path(run.lines, run.folder), *self._bases(stage), run.folder, ".")
            text = asked_in_commands(run.lines)
            for path, surely in self._modules.of(text, bases):
                found[path] = max(found.get(path, 0), COMMAND if surely else MAY_RUN)
            for word in run_by(run.lines):
                start = posixpath.normpath(posixpath.join(run.folder, word, "__main__.py"))
                found |= dict.fromkeys(self._modules.code_at(start), COMMAND)
            for path, surely in self._run(text, run.folder, run.folder):
                found.setdefault(path, RUNS if surely else MAY_RUN)
        started = (path for path, _ in self._modules.of(_AT_START, self._bases(stage)))
        for path in (*started, *self._set(stage, trained)):
            found.setdefault(path, MAY_RUN)
        for dep in stage.deps:
            for path in self._modules.inside(self._modules.target(dep)):
                for code in self._modules.code_at(path) if is_program(path) and path not in trained else ():
                    found.setdefault(code, IN_FOLDER)
        return found

    def _asked_by(
        self, programs: Sequence[str], stage: Stage, trained: Collection[str], reach: Reach
    ) -> Iterator[tuple[str, bool]]:
        """(program, whether it surely is that one) of what programs import and name."""
        contents = self._places.read(programs)
        for program, content in contents.items():
            folder = posixpath.dirname(program)
            key = (self._exact, posixpath.splitext(program)[1], content)
            if key not in self._texts:
                self._texts[key] = asked(program, content, exact=self._exact)
            text = self._texts[key]
            if text.unknown and reach.found[program] >= RUNS:
                reach.unknown[program] = min(text.unknown)
            own = (place(each, folder, stage.wdir) for each in text.folders)
            reach.folders.update(dict.fromkeys((*own, *self._next_to(text, folder, stage.wdir))))
            bases = (folder, *reach.folders, *self._bases(stage))
            yield from self._modules.of(text, bases)
            yield from self._run(text, folder, stage.wdir)
            for name in text.dotted:
                yield from ((path, False) for path in self._modules.named(name, bases) if path not in trained)
            for word in text.words:
                for end in _WITHOUT_ENDING.get(key[1], ()):
                    path = posixpath.normpath(posixpath.join(folder, f"{word}{end}"))
                    yield from ((each, False) for each in self._modules.code_at(path) if each not in trained)
                for base in (stage.wdir, folder, ".") if is_program(word) else ():
                    for path in self._modules.code_at(posixpath.normpath(posixpath.join(base, word))):
                        if path not in trained:
                            yield path, True

    def _set(self, stage: Stage, trained: Collection[str]) -> Iterator[str]:
        """The programs that settings among a stage's dependencies name, or values of its parameters."""
        deps = (path for dep in stage.deps for path in (dep, *self._modules.inside(dep)))
        files = [path for path in deps if path.endswith(SETTINGS) and path in self.paths]
        contents = [*self._places.read(files[:_MOST_FILES]).values()]
        if stage.locked is not None:
            contents += [as_text(each).encode(errors="replace") for each in stage.locked.params.values()]
        bases = self._bases(stage)
        for content in contents:
            dotted, words = names(content)
            found = {path for name in dotted for path in self._modules.named(name, bases)}
            found |= {path for word in words for path in self._modules.code_at(posixpath.normpath(word))}
            yield from found.difference(trained)

    def _run(self, text: Asked, folder: str, here: str) -> Iterator[tuple[str, bool]]:
        """The programs that a text surely runs, or that end with a part of a path which is not known."""
        for path in text.paths:
            _, mark, end = path.rpartition(UNKNOWN)
            if mark:
                yield from ((each, False) for each in self._modules.ending_with(end) if end.startswith("/"))
            elif path.startswith("/"):
                ends = (path.split("/", count)[-1] for count in range(1, path.count("/") + 1))
                yield from ((each, False) for end in ends for each in self._modules.code_at(end))
            else:
                places = {place(path, folder, base) for base in (here, folder, ".")}
                yield from ((each, True) for at in sorted(places) for each in self._modules.code_at(at))


class _Here:
    """Where there is a program of Git, also behind links."""

    def __init__(self, code_at: Callable[[str], Sequence[str]]) -> None:
        self._code_at = code_at

    def __contains__(self, path: object) -> bool:
        return bool(self._code_at(f"{path}"))


def _is_standard(path: str) -> bool:
    """Whether a file has the name of a module of Python itself."""
    name = posixpath.basename(path.removesuffix("/__init__.py")).partition(".")[0]
    return name in sys.stdlib_module_names and path.endswith((".py", *COMPILED))
