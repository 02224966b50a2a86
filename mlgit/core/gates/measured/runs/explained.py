"""Explained: whether notes name a reason for other results of a stage, so that these need no note."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import model_of
from mlgit.core.gates.measured.programs import is_program
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import recorded_inputs
from mlgit.core.pipeline.model_files import meets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import LockedStage, Stage

_QUOTED = re.compile(r"`([^`]+)`")


class Explained:
    """What the notes about a gate's number, on both sides, say of the inputs of its stages.

    `texts` are about data. A program says nothing about the data that it makes.
    """

    def __init__(
        self,
        sides: tuple[Measuring, Measuring],
        gates: tuple[ResolvedGate, ResolvedGate],
        texts: Iterable[str],
    ) -> None:
        self._sides, self._gates = sides, gates
        self._named = {name for text in texts for name in _QUOTED.findall(text)}
        self._models = [path for gate in gates if (path := model_of(gate))]
        stages = [side.stages(gate) for side, gate in zip(sides, gates, strict=True)]
        self._read = {dep for stage in stages[1] for dep in stage.deps}
        makers = [side.makers_for(gate) for side, gate in zip(sides, gates, strict=True)]
        self._values = [
            recorded_inputs(stage for stage in own if stage.address not in made).values
            for own, made in zip(stages, makers, strict=True)
        ]

    def by_inputs(self, old: Stage, new: Stage) -> bool:
        """Whether a note names an input of a stage that differs; also if one side has no record of a run."""
        before, after = old.locked, new.locked
        if before is None or after is None:
            return True
        if before.params != after.params and self._has_named_parameter(old, new):
            return True
        return any(
            self._is_named(dep, before, after)
            for dep in {*before.deps, *after.deps}
            if not is_program(dep) and before.content(dep) != after.content(dep)
        )

    def _is_named(self, dep: str, before: LockedStage, after: LockedStage) -> bool:
        """Whether a note is about a dependency with other content, or about what that comes from."""
        if any(meets(name, dep) for name in self._named):
            return True
        if dep not in after.deps:  # dropped or renamed
            same = before.content(dep) in {after.content(each) for each in after.deps}
            return not same and not covered(dep, self._read)
        if dep not in before.deps:
            return False
        return any(meets(dep, model) for model in self._models) or any(
            side.made(dep) or self._is_made_otherwise(dep) for side in self._sides
        )

    def _is_made_otherwise(self, folder: str) -> bool:
        """Whether stages made another part of a folder."""
        was, now = ({out.path: out.pointer for out in side.outputs(folder)} for side in self._sides)
        return was != now

    def _has_named_parameter(self, old: Stage, new: Stage) -> bool:
        """Whether a parameter of a stage differs that is not only declared or called otherwise."""
        if not all(side.is_known(gate) for side, gate in zip(self._sides, self._gates, strict=True)):
            return True  # then no note is about parameters
        before, after = (recorded_inputs([stage]).values for stage in (old, new))
        was, now = self._values
        names = {name for name in {*before, *after} if was.get(name) != now.get(name)}
        gone, came = ({own[name] for name in names - other.keys()} for own, other in ((was, now), (now, was)))
        return gone != came or any(name in was and name in now for name in names)
