"""Recorded: what the last runs of the stages before a number recorded of what they read and made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import model_of
from mlgit.core.gates.measured.programs import is_code
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mlgit.core.gates.measured.measuring import Measuring
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage


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


def made_programs(
    pipelines: tuple[Pipeline, Pipeline], places: tuple[Places, Places], makers: Sequence[Collection[str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Path -> hash on both sides of the programs that stages make, or DVC has, and that differ.

    What makes a model makes no code that measures it.
    """
    outs = [
        {out.path: out.pointer for out in side.outputs if out.cached and out.owner not in own}
        for side, own in zip(pipelines, makers, strict=True)
    ]
    found: tuple[dict[str, str], dict[str, str]] = {}, {}
    for path in sorted({*outs[0], *outs[1]}):
        pointers = [each.get(path) for each in outs]
        for known, pointer, side in zip(found, pointers, places, strict=True):
            if pointer is None or pointers[0] == pointers[1]:
                continue
            inside = (side.listing(path) or {}) if pointer.directory else {}
            every = {path: pointer.md5} | {f"{path}/{name}": md5 for name, md5 in inside.items()}
            known |= {name: md5 for name, md5 in every.items() if is_code(name)}
    return found


def hash_of(stage: Stage, path: str) -> str | None:
    pointer = None if stage.locked is None else stage.locked.outs.get(path)
    return None if pointer is None else pointer.md5
