"""Runners: the commands that a stage runs by a name, such as with `make`, `npm run` or `uv run`."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.runs import recipes
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.stages import Stage

    Read = Callable[[Sequence[str]], Mapping[str, bytes]]
    Part = Callable[[str, Sequence[str]], Sequence[str]]

_MOST_DEEP = 8
_PARTS = re.compile(r"&&|\|\||[;|\n]")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_QUOTES = "'\"`()"
_BEFORE = frozenset(
    {"env", "time", "exec", "nice", "nohup", "command", "sudo", "xvfb-run", "then", "do", "if"}
)
_PYPROJECT = ("pyproject.toml",)
_PACKAGE = ("package.json",)


class Run(NamedTuple):
    """Commands that a stage runs in a folder: its own, or those that a `path` has for what it names."""

    folder: str
    lines: tuple[str, ...]
    path: str | None = None


class _Runner(NamedTuple):
    """The files that a program looks for, how it finds commands there, and its options with values."""

    files: tuple[str, ...]
    part: Part
    file: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    several: bool = False


_MAKE = _Runner(
    files=("GNUmakefile", "makefile", "Makefile"),
    part=recipes.of_make,
    file=("-f", "--file", "--makefile"),
    folder=("-C", "--directory"),
    values=("-I", "-o", "-W"),
)
_JUST = _Runner(
    files=("justfile", "Justfile", ".justfile"),
    part=recipes.of_make,
    file=("-f", "--justfile"),
    folder=("-d", "--working-directory"),
    values=("--set",),
)
_NPM = _Runner(files=_PACKAGE, part=recipes.of_json, folder=("--prefix", "-C", "--cwd", "--dir"))
_PYTHON = _Runner(
    files=(*_PYPROJECT, "setup.cfg", "pixi.toml", "hatch.toml", "Pipfile"),
    part=recipes.of_toml,
    folder=("--directory", "-C", "--project"),
    values=("-e", "--env", "--environment", "-p", "--python", "--with", "--extra", "--group", "--only-group"),
    several=True,
)
RUNNERS = {
    "make": _MAKE,
    "gmake": _MAKE,
    "just": _JUST,
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), _NPM),
    **dict.fromkeys(("poetry", "uv", "hatch", "pdm", "rye", "pixi", "pipenv"), _PYTHON),
    "poe": _Runner(files=_PYPROJECT, part=recipes.of_toml, folder=("-C",)),
    "tox": _Runner(
        files=("tox.ini", "setup.cfg", "tox.toml", *_PYPROJECT), part=recipes.of_tox, file=("-c",)
    ),
    "nox": _Runner(files=("noxfile.py",), part=recipes.whole, file=("-f", "--noxfile")),
    **dict.fromkeys(("inv", "invoke"), _Runner(files=("tasks.py",), part=recipes.whole)),
    "task": _Runner(files=("Taskfile.yml", "Taskfile.yaml"), part=recipes.whole, file=("-t", "--taskfile")),
    "rake": _Runner(files=("Rakefile",), part=recipes.whole, file=("-f",)),
    "snakemake": _Runner(
        files=("Snakefile", "workflow/Snakefile"), part=recipes.whole, file=("-s", "--snakefile")
    ),
    "doit": _Runner(files=("dodo.py",), part=recipes.whole, file=("-f",)),
}
"""Name of a program -> where it has commands under a name."""
_RUN = frozenset({"run", "run-script"})
_USUAL = frozenset(
    (
        "python",
        "python3",
        "bash",
        "sh",
        "cp",
        "mv",
        "cat",
        "mkdir",
        "echo",
        "export",
        "set",
        "source",
        "dvc",
        "rm",
        "git",
    )
)
"""Programs that no project has as its own."""


def runs(stage: Stage, paths: frozenset[str], read: Read) -> list[Run]:
    """The commands of a stage in their folders, and those that they run by a name that a file gives them."""
    found = waiting = [Run(folder=stage.wdir, lines=stage.cmd)]
    for _ in range(_MOST_DEEP):
        expanded = dict.fromkeys(each for run in waiting for each in _expanded(run, paths, read))
        waiting = [each for each in expanded if each not in found]
        found = [*found, *waiting]
    return found


def _expanded(run: Run, paths: frozenset[str], read: Read) -> Iterator[Run]:
    """What the commands of a run do in other folders, and by a name."""
    folder = run.folder
    for line in run.lines:
        for part in _PARTS.split(line):
            words = _words(part)
            if words[:1] == ["cd"] and len(words) > 1:
                folder = _in(folder, words[1])
            elif folder != run.folder:
                yield Run(folder=folder, lines=(part,))
            elif words:
                yield from _named(words, folder, paths, read)


def _words(command: str) -> list[str]:
    """The words of a command, without what may be before its program."""
    # Before a command, make and just have marks.
    words = [word for each in command.lstrip(" \t@-+").split() if (word := each.strip(_QUOTES))]
    start = next(
        (at for at, each in enumerate(words) if each not in _BEFORE and not _ASSIGNED.match(each)), 0
    )
    return words[start:] if words else []


def _named(words: Sequence[str], folder: str, paths: frozenset[str], read: Read) -> Iterator[Run]:
    """The commands under the name that a command has."""
    program = posixpath.basename(words[0])
    runner = RUNNERS.get(program)
    if runner is None:
        if "/" not in words[0] and "." not in words[0] and program not in _USUAL:
            yield from _in_files(_PYTHON, [], words[:1], folder, paths, read)
        return
    wanted, files, folder = _arguments(words[1:], runner, folder)
    if runner is _PYTHON:
        if wanted[:1] != ["run"]:
            return
        wanted, _, folder = _arguments(wanted[1:], runner, folder)
        yield Run(folder=folder, lines=(" ".join(wanted),))
    elif runner is _NPM and wanted and wanted[0] in _RUN:
        wanted, _, folder = _arguments(wanted[1:], runner, folder)
    yield from _in_files(runner, files, wanted, folder, paths, read)


def _in_files(
    runner: _Runner,
    files: Sequence[str],
    wanted: Sequence[str],
    folder: str,
    paths: frozenset[str],
    read: Read,
) -> Iterator[Run]:
    here = [path for each in files or runner.files if (path := _in(folder, each)) in paths]
    for path in here if runner.several else here[:1]:
        for content in read([path]).values():
            lines = runner.part(content.decode("utf-8", "replace"), wanted)
            if lines or runner.part is recipes.whole:
                yield Run(folder=folder, lines=tuple(lines), path=path)


def _in(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _arguments(words: Sequence[str], runner: _Runner, folder: str) -> tuple[list[str], list[str], str]:
    """(what comes after the options, the files, the folder) that a command names."""
    files: list[str] = []
    left = [*words]
    while left and left[0].startswith("-"):
        option, _, value = left.pop(0).partition("=")
        if option in (*runner.file, *runner.folder, *runner.values) and not value:
            value = left.pop(0) if left else ""
        if option in runner.file:
            files.append(value)
        elif option in runner.folder:
            folder = _in(folder, value)
    return left, files, folder
