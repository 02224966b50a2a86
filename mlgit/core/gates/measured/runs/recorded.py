"""Recorded: what the last runs of the stages before a number recorded of what they read and made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import model_of
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Stage


@record
class Content:
    """What a stage read at a dependency; not `known` if stages make a part of it, or no run recorded it."""

    md5: str
    mixed: bool

    @property
    def known(self) -> bool:
        return bool(self.md5) and not self.mixed

    @property
    def folder(self) -> bool:
        return self.md5.endswith(".dir")

    def differs(self, other: Content) -> bool:
        """Whether both were recorded, and not as the same."""
        return bool(self.md5 and other.md5) and self.md5 != other.md5


def contents(side: Measuring, gate: ResolvedGate) -> Iterator[tuple[str, Content]]:
    """The dependencies of the stages before a number that no stage makes, other than the model."""
    model = model_of(gate)
    for stage in side.stages(gate):
        for dep in side.read([stage], model):
            if not side.made(dep):
                mixed = side.made_inside(dep) or (model is not None and covered(model, [dep]))
                md5 = None if stage.locked is None else stage.locked.content(dep)
                yield dep, Content(md5=md5 or "", mixed=mixed)


def made_with_model(side: Measuring, gate: ResolvedGate) -> Iterator[tuple[str, str | None]]:
    """(path, content) of what a stage that makes the model makes as well, and another one reads."""
    model = model_of(gate) or ""
    makers = side.makers_for(gate)
    for stage in side.stages(gate):
        for dep in stage.deps if stage.address not in makers else ():
            for out in side.outputs(dep):
                if out.owner in makers and not (meets(dep, model) and meets(out.path, model)):
                    inside = covered(dep, [out.path]) and stage.locked is not None
                    yield (
                        (dep, stage.locked.content(dep))
                        if inside and stage.locked is not None
                        else (out.path, None if out.pointer is None else out.pointer.md5)
                    )


def hash_of(stage: Stage, path: str) -> str | None:
    pointer = None if stage.locked is None else stage.locked.outs.get(path)
    return None if pointer is None else pointer.md5
