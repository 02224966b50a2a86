"""Elsewhere: programs in a folder that a stage reads, and that only other stages run."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_code, is_program
from mlgit.core.gates.measured.runs.reached import COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mlgit.core.gates.measured.runs.reached import Reached
    from mlgit.core.pipeline.stages import Stage

    Read = Callable[[Iterable[str]], Mapping[str, bytes]]

# What may run a program whose name is not in the text.
_BY_VALUE = re.compile(
    rb"import_module|__import__|pkgutil|run_path|run_module|spec_from_file|instantiate|\bexec\s*\(|\bglob\b"
)
_WORD = re.compile(rb"\w+")


class Elsewhere:
    """What stages that do not measure run on both sides: `others` are those of each side.

    The target decides; of the change, only what is new there counts.
    """

    def __init__(
        self, sides: Sequence[Reached], reads: Sequence[Read], others: Sequence[Collection[Stage]]
    ) -> None:
        self._sides, self._reads, self._others = sides, reads, others

    def only(self, stages: tuple[Stage, Stage], paths: Collection[str]) -> set[str]:
        """Those of the paths that other stages run, and neither side of these two can."""
        found = {*paths} & self.programs if paths else set()
        for side, read, stage in zip(self._sides, self._reads, stages, strict=True) if found else ():
            own = _run_by(side, stage)
            found -= own.keys()
            text = b"\n".join(read(sorted(path for path in own if is_program(path))).values())
            if COMMAND not in own.values() or _BY_VALUE.search(text) or side.all_of(stage, ()).unknown:
                return set()
            words = {*_WORD.findall(text)}
            found = {path for path in found if _name(path) not in words}
        return found

    @cached_property
    def programs(self) -> set[str]:
        """What other stages run; of the change, only what is new there."""
        was, now = (
            {path for stage in own for path in _run_by(side, stage)}
            for side, own in zip(self._sides, self._others, strict=True)
        )
        return was | (now - self._sides[0].paths)


def _name(path: str) -> bytes:
    """The name of a module, or of the package that it begins."""
    name = posixpath.basename(path.removesuffix("/__init__.py").removesuffix(".py"))
    return name.encode(errors="surrogateescape")


def _run_by(side: Reached, stage: Stage) -> dict[str, int]:
    """What a stage runs other than because it is in a folder that the stage reads."""
    return side.of(stage._replace(deps=tuple(dep for dep in stage.deps if is_code(dep))), (), None)
