"""Measured code: the note about the programs of a pipeline in memory whose numbers are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.code import code_notes
from tests.support.measured_data import gate, places

if TYPE_CHECKING:
    from mlgit.core.pipeline.stages import Pipeline
    from tests.support.measured_data import Hashes

START = "The numbers are measured with other code: "


def named(
    known: Pipeline, old: Hashes, new: Hashes, cmd: str = "evaluate", *, now: Pipeline | None = None
) -> str:
    """The programs that the note names; `old` and `new` are the files of Git, `now` the changed pipeline."""
    sides = [_running(each, cmd) for each in (known, now or known)]
    changed = {path for path in {*old, *new} if old.get(path) != new.get(path)}
    found = code_notes(
        [gate(sides[0])],
        [gate(sides[1])],
        (sides[0], sides[1]),
        places=(places(old), places(new)),
        changed=lambda: changed,
    )
    assert {(note.code, note.effect) for note in found} <= {("code_changed", "note")}
    return " ".join(note.message.removeprefix(START) for note in found)


def _running(known: Pipeline, cmd: str) -> Pipeline:
    *others, last = known.stages
    return replace(known, stages=(*others, last._replace(cmd=(cmd,))))
