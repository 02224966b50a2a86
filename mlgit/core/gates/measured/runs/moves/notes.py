"""Notes: the code that moved, and the files that it, or all of a stage, may read from the new place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import joined, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.compared import Programs
    from mlgit.core.gates.measured.runs.moves.near import Near
    from mlgit.core.pipeline.stages import Pointer, Stage

    _Stages = tuple[Stage, Stage]

_CODE = "code_changed"
_MOST = 12


class Moves:
    """The notes about `both` sides of stages; each file that is not yet `known` is named once."""

    def __init__(self, both: Sequence[_Stages], known: set[str]) -> None:
        self._both, self._known = both, known

    def notes(
        self, programs: Programs, near: Near, start: str, ran: Iterable[_Stages] = ()
    ) -> Iterator[Note]:
        """What moved, and what may be read from there, also by stages that `ran`; `start` is of what code."""
        moved = dict(sorted(programs.moved.items()))
        found = self._of_no_input(moved)
        if found:
            texts = (f"`{old}` is now `{new}` (stage {of[1].address})" for new, (old, of) in found.items())
            names = {*found, *(old for old, _ in found.values())}
            text = f"{start} moved, with the same content: {joined(texts, _MOST)}"
            yield Note(code=_CODE, message=text, names=frozenset(names))
        self._known |= found.keys()
        for new, (old, stages) in moved.items():
            text = f"`{old}` is now `{new}` and may read other files from there"
            yield from self._read(text, near.newly_read((old, new), stages))
        yield from self._of_folders(programs, near, ran)

    def _of_folders(self, programs: Programs, near: Near, ran: Iterable[_Stages]) -> Iterator[Note]:
        """What stages may read in another folder where they run now."""
        for stages in (each for each in ran if each[0].wdir != each[1].wdir):
            olds = {new: old for new, (old, _) in programs.moved.items()}
            pairs = [(olds.get(path, path), path) for path in programs.surely_run(stages[1])]
            found = {path for program in pairs for path in near.newly_read(program, stages)}
            where = "the root folder" if stages[1].wdir == "." else f"`{stages[1].wdir}`"
            text = f"Stage `{stages[1].address}` now runs in {where} and may read other files from there"
            yield from self._read(text, sorted(found))

    def _read(self, start: str, paths: Iterable[str]) -> Iterator[Note]:
        found = [path for path in paths if path not in self._known]
        self._known |= {*found}
        if found:
            yield Note(code=_CODE, message=f"{start}: {listed(found, _MOST)}", names=frozenset(found))

    def _of_no_input(self, moved: Mapping[str, tuple[str, _Stages]]) -> dict[str, tuple[str, _Stages]]:
        """What moved where the stages measured anything else; what they declare has a note as their input."""
        if all(_data(old) == _data(new) for old, new in self._both):
            return {}
        was, now = ({dep for pair in self._both for dep in pair[index].deps} for index in (0, 1))
        return {
            new: (old, stages)
            for new, (old, stages) in moved.items()
            if new not in self._known and (old not in was or new not in now)
        }


def _data(stage: Stage) -> dict[str, Pointer | None]:
    """What a stage read and made, other than programs."""
    read = {} if stage.locked is None else stage.locked.deps
    made = {out.path: out.pointer for out in stage.outs}
    return {path: each for path, each in {**read, **made}.items() if not is_program(path)}
