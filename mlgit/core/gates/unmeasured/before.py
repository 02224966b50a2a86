"""Before: what changed since the target's numbers were made, and before the change that makes new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import (
    Measuring,
    is_of_another_model,
    model_of,
    number_stages,
    pairs,
)
from mlgit.core.gates.measured.runs.last_runs import NO_RUNS
from mlgit.core.gates.resolved.stage_changes import predecessors
from mlgit.core.gates.unmeasured.other_files import other_files
from mlgit.core.gates.unmeasured.undeclared import undeclared_notes
from mlgit.core.pipeline.inputs import EMPTY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mlgit.core.gates.measured.runs.last_runs import LastRuns
    from mlgit.core.gates.measured.spelling import Both
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.gates.unmeasured.undeclared import Load
    from mlgit.core.gates.verdict import Note
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage


def notes_before(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    runs: LastRuns = NO_RUNS,
    load: Load = lambda *_: None,
    both: Both = lambda _: None,
    notes: Collection[Note] = (),
) -> Iterator[Note]:
    """Notes about what no stage declares and that changed without a run, which the change now measures with.

    Between target and change it is the same, and nothing showed it when it changed, because no number did.
    What one of the `notes` names is left out.
    """
    known = [*notes]
    for made, _ in runs.made_at(*_stages(old, new, pipelines)):
        sides, there = (made.pipeline, pipelines[1]), (made.places, places[1])
        values = undeclared_notes(old, new, sides, places=there, changed=made.changed, load=load, both=both)
        start = f"{made.start}; compared with that, "
        known += [replace(each, message=start + each.message) for each in values if not _says(known, each)]
        known += other_files(
            old, new, sides, places=there, changed=made.changed, since=made.start, notes=known
        )
    yield from known[len(notes) :]


def _says(notes: Collection[Note], note: Note) -> bool:
    return note.names <= {name for each in notes for name in each.names}


def _stages(
    old: Sequence[ResolvedGate], new: Sequence[ResolvedGate], pipelines: tuple[Pipeline, Pipeline]
) -> tuple[list[tuple[Stage, Stage]], set[str | None]]:
    """The stages that make numbers or export a model, with those of the target that they were; the former."""
    side = Measuring(pipelines[1])
    exported = {path for gate in new if is_of_another_model(gate) and (path := model_of(gate)) is not None}
    owners = {out.owner for path in exported for out in side.outputs(path)}
    numbers = number_stages(pairs(old, new))
    before = predecessors(*pipelines, {stage.address for stage in pipelines[0].stages})
    stages = (each for each in pipelines[1].stages if each.address in {*owners, *numbers})
    return [(before[each.address], each) for each in stages if each.address in before], {*owners, *numbers}
