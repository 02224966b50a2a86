"""Code: whether the programs that measure the numbers of gates are those of the target."""

from __future__ import annotations

import ast
import json
import posixpath
import re
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, is_of_another_model, pairs
from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.resolved.stage_changes import undeclared
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

_CODE = "code_changed"
_MOST_FILES = 500
_IMPORT = re.compile(rb"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([^#\n]*)|import[ \t]+([^#\n]*))")
_NAME = re.compile(rb"[\w.]+")


def code_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
) -> tuple[Note, ...]:
    """A note about the programs of stages that measure a model, or make what it is measured on.

    Any number can be written in a program, so that a reviewer must see it. Those of a stage that makes the
    gate's model are its training. `changed` gives the files of which Git has other content.
    """
    sides = [Measuring(pipeline) for pipeline in pipelines]
    stages: dict[str, Stage] = {}
    trained: set[str] = set()
    verb = "measured"
    for before, after in pairs(old, new):
        if all(gate.source is not None and not is_of_another_model(gate) for gate in (before, after)):
            verb = "made" if after.path is None else verb
            sides[1].follow(sides[0], (before, after))
            makers = sides[1].makers_for(after)
            stages |= {each.address: each for each in sides[1].stages(after) if each.address not in makers}
            trained |= {dep for each in sides[1].before(makers).values() for dep in each.deps}
    if not stages:
        return ()
    programs = _Programs(places, frozenset(changed()))
    if not programs.any_differs:
        return ()
    texts: dict[str, str] = {}
    for address, stage in sorted(stages.items()):
        for path in programs.of(stage, trained):
            what = programs.difference(path)
            if what and path not in texts:
                texts[path] = f"`{path}` {what} (stage {address})"
    if not texts:
        return ()
    return (Note(code=_CODE, message=f"The numbers are {verb} with other code: {joined(texts.values())}"),)


class _Programs:
    """The programs of both sides that Git has, of which some are `changed`."""

    def __init__(self, places: tuple[Places, Places], changed: frozenset[str]) -> None:
        self._places, self._changed = places, changed
        self._paths = [each.paths() for each in places]
        self._every = frozenset[str]().union(*self._paths)
        self._sorted = sorted(self._every)
        self._known: dict[tuple[str, str], list[str]] = {}

    @property
    def any_differs(self) -> bool:
        """Whether any program of Git does."""
        alone = self._paths[0] ^ self._paths[1]
        return any(is_program(path) for each in (alone, self._changed) for path in each)

    def of(self, stage: Stage, trained: Collection[str]) -> list[str]:
        """The programs that a stage declares, names or imports, on either side.

        Of a folder, without those that a stage of training declares.
        """
        found = dict.fromkeys((*stage.deps, *undeclared(stage._replace(deps=()), self._every)))
        for dep in stage.deps:
            # `0` follows `/` in ASCII, so this is the end of the range.
            start, end = (bisect_left(self._sorted, f"{dep}{last}") for last in "/0")
            found |= dict.fromkeys(path for path in self._sorted[start:end] if path not in trained)
        found = {path: None for path in found if is_program(path) and path in self._every}
        waiting = [*found]
        while waiting and len(found) < _MOST_FILES:
            imported = [each for path in waiting for each in self._imported(path, stage.wdir)]
            waiting = [path for path in dict.fromkeys(imported) if path not in found]
            found |= dict.fromkeys(waiting)
        return [*found]

    def difference(self, path: str) -> str:
        """How a program differs; empty if only what is written for people does."""
        there = [path in paths for paths in self._paths]
        if not all(there):
            return "" if path in self._moved else "is gone" if there[0] else "is new"
        if path not in self._changed:
            return ""
        was, now = (each.read([path]).get(path) for each in self._places)
        return "" if was and now and _meaning(path, was) == _meaning(path, now) else "changed"

    @cached_property
    def _moved(self) -> frozenset[str]:
        """The programs that are at one place on one side, and at another place on the other."""
        alone = [
            each.read([path for path in own - other if is_program(path)])
            for each, own, other in zip(self._places, self._paths, reversed(self._paths), strict=True)
        ]
        both = {*alone[0].values()} & {*alone[1].values()}
        return frozenset(path for each in alone for path, content in each.items() if content in both)

    def _imported(self, path: str, folder: str) -> list[str]:
        """The files of Git that a Python program imports, from its own folder or the one it runs in."""
        if (path, folder) not in self._known:
            contents = [each.read([path]) for each in self._places] if path.endswith(".py") else []
            modules = {name for each in contents for name in _modules(each.get(path, b""))}
            bases = dict.fromkeys((posixpath.dirname(path), folder, ""))
            places = [
                posixpath.normpath(posixpath.join(base, *module.split(".")))
                for base in bases
                for module in sorted(modules)
            ]
            files = (file for place in places for file in (f"{place}.py", f"{place}/__init__.py"))
            self._known[path, folder] = [file for file in files if file in self._every]
        return self._known[path, folder]


def _modules(content: bytes) -> Iterator[str]:
    """The names that a Python program imports, and those that may be modules of them."""
    for source, names, plain in _IMPORT.findall(content):
        own = [name.decode() for name in _NAME.findall(names or plain)]
        start = source.decode().lstrip(".")
        yield from (f"{start}.{name}" if start else name for name in own)
        if start:
            yield start


def _meaning(path: str, content: bytes) -> object:
    """What a program does: of Python without comments and layout, of a notebook without results."""
    try:
        if path.endswith(".py"):
            return ast.dump(ast.parse(content))
        if path.endswith(".ipynb"):
            return [(each["cell_type"], each["source"]) for each in json.loads(content)["cells"]]
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError, TypeError):
        pass
    return content
