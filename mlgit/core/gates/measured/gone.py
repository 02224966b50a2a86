"""Gone: which stages measured a model, or made what it is measured on, and no longer do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.compare.commands import quoted_commands
from mlgit.core.gates.measured.measuring import Measuring, pairs
from mlgit.core.gates.resolved.stage_changes import predecessors
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.model_files import meets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Pipeline, Stage

_CODE = "stage_changed"
_MOST = 12


def gone_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    reported: Iterable[Finding] = (),
) -> tuple[Note, ...]:
    """A note for each stage that no longer comes between a model and its number, with its command.

    All that it read may be read without it, so that nothing is lost but what it did. `reported` are the
    findings of the change: a stage or output that one of them names is left out.
    """
    sides = Measuring(pipelines[0]), Measuring(pipelines[1])
    found: dict[str, Stage] = {}
    for before, after in pairs(old, new):
        was, now = sides[0].stages(before), sides[1].stages(after)
        if now:
            found |= {stage.address: stage for stage in _gone(was, now, pipelines)}
    texts = [each.text for each in reported]
    names = {each: (stage.address, *(out.path for out in stage.outs)) for each, stage in found.items()}
    left = [
        stage
        for address, stage in sorted(found.items())
        if not any(name in text for name in names[address] for text in texts)
    ]
    end = "before a gate's number"
    notes = [
        f"Stage `{each.address}`, which ran {quoted_commands(each.cmd)}, no longer comes {end}"
        for each in left[:_MOST]
    ]
    more = len(left) - _MOST
    if more > 0:
        notes.append(
            f"{more} more stages no longer come {end}"
            if more > 1
            else f"One more stage no longer comes {end}"
        )
    return tuple(Note(code=_CODE, message=text) for text in notes)


def _gone(
    was: Sequence[Stage], now: Sequence[Stage], pipelines: tuple[Pipeline, Pipeline]
) -> Iterator[Stage]:
    """The stages without one in their place, and without another one that makes what they made."""
    before = predecessors(*pipelines, {stage.address for stage in was})
    kept = {before[stage.address].address for stage in now if stage.address in before}
    kept |= {stage.address for stage in now}
    made = [out.path for stage in now for out in stage.outs]
    for stage in was:
        if stage.address not in kept and not any(
            meets(out.path, each) for out in stage.outs for each in made
        ):
            yield stage
