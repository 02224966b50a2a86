"""Measuring: the stages between models and their numbers, with those that make what they read there."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import counterparts
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.model_files import meets
from mlgit.core.pipeline.stages import output_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage


class Measuring:
    """The stages of one side that its numbers come from, other than through the gate's model.

    Another model may be what that is measured on, or come between it and its number.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._stages = {stage.address: stage for stage in pipeline.stages}
        self._outs = {out.path: out for stage in pipeline.stages for out in stage.outs}
        self._paths = sorted(self._outs)
        self._found: dict[tuple[str | None, str | None], tuple[Stage, ...]] = {}

    def stages(self, gate: ResolvedGate) -> tuple[Stage, ...]:
        """The stage that makes a gate's number, and those before it, without what only makes the model."""
        if gate.source is None or gate.source.origin.kind != "stage":
            return ()
        name, path = gate.source.origin.name, model_of(gate)
        if (name, path) not in self._found:
            self._found[name, path] = tuple(self._walk([name or ""], [] if path is None else [path]))
        return self._found[name, path]

    def before(self, addresses: Iterable[str]) -> dict[str, Stage]:
        """These stages and all before them, by address."""
        return {stage.address: stage for stage in self._walk(addresses, ())}

    def makers(self, paths: Iterable[str]) -> set[str]:
        """The stages that make something at these paths, in or above them."""
        return {out.owner for path in paths for out in self._outputs(path)}

    def made(self, path: str) -> bool:
        """Whether a stage makes all that is at a path."""
        return output_at(path, self._outs) is not None

    def made_inside(self, path: str) -> bool:
        """Whether stages make something in a folder, of which the rest may be made by no stage."""
        return not self.made(path) and bool(self._outputs(path))

    def _walk(self, addresses: Iterable[str], models: Collection[str]) -> Iterator[Stage]:
        """The stages, and those that what they read comes from, other than through the models."""
        seen: set[str] = set()
        waiting = [*addresses]
        while waiting:
            address = waiting.pop()
            stage = self._stages.get(address)
            if stage is None or address in seen:
                continue
            seen.add(address)
            yield stage
            for dep in stage.deps:
                if covered(dep, models):
                    continue
                waiting += [
                    out.owner
                    for out in self._outputs(dep)
                    if covered(dep, [out.path]) or not any(meets(out.path, each) for each in models)
                ]

    def _outputs(self, path: str) -> list[Output]:
        """The outputs that are this path, in it or above it."""
        above = output_at(path, self._outs)
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._paths, f"{path}{last}") for last in "/0")
        inside = [self._outs[each] for each in self._paths[start:end]]
        return inside if above is None else [above, *inside]


def model_of(gate: ResolvedGate) -> str | None:
    """The path of a gate's model, without the `/` at the end of a folder."""
    return None if gate.path is None else gate.path.rstrip("/")


def pairs(
    old: Sequence[ResolvedGate], new: Iterable[ResolvedGate]
) -> Iterator[tuple[ResolvedGate, ResolvedGate]]:
    """Each gate with its counterparts; those whose numbers come from the same stages come once."""
    seen: set[object] = set()
    for after in new:
        for before in counterparts(after, old):
            places = tuple(
                (gate.source.origin.name if gate.source else None, gate.path) for gate in (before, after)
            )
            if places not in seen:
                seen.add(places)
                yield before, after
