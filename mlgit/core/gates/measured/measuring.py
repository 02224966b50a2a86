"""Measuring: the stages between models and their numbers, with those that make what they read there."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.parts import trainers
from mlgit.core.gates.measured.programs import is_program
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
        self._trainers: dict[str, frozenset[str]] = {}
        self._measuring: set[tuple[str | None, str | None]] = set()

    def stages(self, gate: ResolvedGate) -> tuple[Stage, ...]:
        """The stage that makes a gate's number, and those before it, without what only makes the model."""
        if gate.source is None:
            return ()
        name, path = gate.source.origin.name, model_of(gate)
        if (name, path) not in self._found:
            self._found[name, path] = tuple(self._walk([name or ""], path))
        return self._found[name, path]

    def before(self, addresses: Iterable[str]) -> dict[str, Stage]:
        """These stages and all before them, by address."""
        return {stage.address: stage for stage in self._walk(addresses, None)}

    def makers(self, path: str | None) -> frozenset[str]:
        """The stages that make what is trained at a model's path, in or above it."""
        if path is None:
            return frozenset()
        if path not in self._trainers:
            self._trainers[path] = trainers(path, self.outputs(path), lambda owner: self.before([owner]))
        return self._trainers[path]

    def makers_for(self, gate: ResolvedGate) -> frozenset[str]:
        """The same, of a gate's model; without the stage of its number if that measures with data of its own.

        Such a stage reads a part that another one makes, and data that no stage before that part reads. With
        those before the model, if the number does not know it.
        """
        path, number = model_of(gate), _number(gate)
        makers, stage = self.makers(path), self._stages.get(number or "")
        if is_of_another_model(gate):
            return makers | self.shared(gate)
        if path is None or stage is None:
            return makers
        others = makers - {number}
        if (number, path) in self._measuring:
            return others
        known = {dep for each in self.before(others).values() for dep in each.deps}
        data = {dep for dep in stage.deps if not meets(dep, path) and not is_program(dep)} - known
        reads = any(
            out.owner in others for dep in stage.deps if meets(dep, path) for out in self.outputs(dep)
        )
        return others if data and reads else makers

    def shared(self, gate: ResolvedGate) -> frozenset[str]:
        """The stages that both come before: a number that does not know its model, and that model.

        The number is of what the model is made from, such as the weights that are exported.
        """
        if not is_of_another_model(gate):
            return frozenset()
        model = self.before(self.makers(model_of(gate)))
        return frozenset(stage.address for stage in self.stages(gate) if stage.address in model)

    def is_known(self, gate: ResolvedGate) -> bool:
        """Whether it is known which of the stages before a number only train."""
        return gate.source is not None and (not is_of_another_model(gate) or bool(self.shared(gate)))

    def follow(self, earlier: Measuring, gates: tuple[ResolvedGate, ResolvedGate]) -> None:
        """Take the stage of a number for one that measures if it was one at the other side of a change.

        Otherwise it would be training as soon as another stage newly reads its data.
        """
        before, after = gates
        if _number(before) in earlier.makers(model_of(before)) - earlier.makers_for(before):
            self._measuring.add((_number(after), model_of(after)))

    def read(self, stages: Iterable[Stage], model: str | None) -> set[str]:
        """What stages read that is not the model, also in its folder, if other stages make what is trained.

        There, it is what a stage only writes about the model, or what no stage makes.
        """
        deps = {dep for stage in stages for dep in stage.deps}
        if model is None:
            return deps
        makers = self.makers(model)
        return {dep for dep in deps if not covered(dep, [model]) or self._is_next_to(dep, makers)}

    def _is_next_to(self, dep: str, makers: Collection[str]) -> bool:
        owners = {out.owner for out in self.outputs(dep)}
        return bool(makers) and owners.isdisjoint(makers)

    def made(self, path: str) -> bool:
        """Whether a stage makes all that is at a path."""
        return output_at(path, self._outs) is not None

    def made_inside(self, path: str) -> bool:
        """Whether stages make something in a folder that they do not make as a whole."""
        return bool(self.outputs(path))

    def _walk(self, addresses: Iterable[str], model: str | None) -> Iterator[Stage]:
        """The stages, and those that what they read comes from, other than through the model."""
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
                waiting += [out.owner for out in self.outputs(dep) if not self._is_model(out, dep, model)]

    def _is_model(self, out: Output, dep: str, model: str | None) -> bool:
        """Whether an output at a dependency is what is trained, and so what the dependency is of it."""
        if model is None or not meets(out.path, model) or out.owner not in self.makers(model):
            return False
        return covered(dep, [model]) or not covered(dep, [out.path])

    def outputs(self, path: str) -> list[Output]:
        """The outputs that are this path, in it or above it."""
        above = output_at(path, self._outs)
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._paths, f"{path}{last}") for last in "/0")
        inside = [self._outs[each] for each in self._paths[start:end]]
        return inside if above is None else [above, *inside]


def _number(gate: ResolvedGate) -> str | None:
    """The stage that makes a gate's number."""
    return None if gate.source is None else gate.source.origin.name


def model_of(gate: ResolvedGate) -> str | None:
    """The path of a gate's model, without the `/` at the end of a folder."""
    return None if gate.path is None else gate.path.rstrip("/")


def is_of_another_model(gate: ResolvedGate) -> bool:
    """Whether what makes a gate's number does not know its model; without a model there is no other one."""
    return gate.path is not None and (gate.source is None or gate.source.link == "none")


def may_train(gate: ResolvedGate) -> bool:
    """Whether stages that train a model may be among those of a number: it has no model, or another one."""
    return gate.path is None or is_of_another_model(gate)


def pairs(
    old: Sequence[ResolvedGate], new: Sequence[ResolvedGate]
) -> Iterator[tuple[ResolvedGate, ResolvedGate]]:
    """Each gate with its counterparts; those whose numbers come from the same stages come once.

    A gate without one, with the gates that are gone and were about the same metric or file: it may be one of
    them under another name. What makes a number is known where its file is, also if the content of that is
    not here.
    """
    seen: set[object] = set()
    for each in new:
        for other in counterparts(each, old) or _gone(each, old, new):
            before, after = _with_file(other, each), _with_file(each, other)
            places = tuple(
                (gate.source.origin.name if gate.source else None, gate.path) for gate in (before, after)
            )
            if places not in seen:
                seen.add(places)
                yield before, after


def _gone(
    gate: ResolvedGate, old: Iterable[ResolvedGate], new: Sequence[ResolvedGate]
) -> Iterator[ResolvedGate]:
    """The old gates about the same metric or file of the same model that the change does not have."""
    for each in old:
        files = [one.source.file for one in (each, gate) if one.source is not None]
        alike = each.metric == gate.metric or (len(files) == 2 and files[0] == files[1])  # noqa: PLR2004 (both)
        if alike and (each.model == gate.model or None in {each.model, gate.model}):
            yield from () if counterparts(each, new) else [each]


def _with_file(gate: ResolvedGate, other: ResolvedGate) -> ResolvedGate:
    """The gate with the file that has its number: the only one that is not here, or the other side's."""
    if gate.source is not None:
        return gate
    files = {each.file for each in (other.source, *other.unread) if each is not None}
    found = [each for each in gate.unread if each.file in files] or gate.unread
    return replace(gate, source=found[0]) if len(found) == 1 else gate


def number_stages(both: Iterable[tuple[ResolvedGate, ResolvedGate]]) -> set[str | None]:
    """The stages that make the numbers of gates, on both sides."""
    return {gate.source.origin.name for gates in both for gate in gates if gate.source is not None}


def measuring_stages(
    old: Sequence[ResolvedGate], new: Sequence[ResolvedGate], pipeline: Pipeline
) -> list[Stage]:
    """The stages of the change that measure, those that make the numbers first; `pipeline` is its own."""
    side = Measuring(pipeline)
    found: dict[str, Stage] = {}
    last = set()
    for before, after in pairs(old, new):
        if before.source is not None and after.source is not None and side.is_known(after):
            makers = side.makers_for(after)
            last.add(after.source.origin.name)
            found |= {each.address: each for each in side.stages(after) if each.address not in makers}
    return sorted(found.values(), key=lambda stage: (stage.address not in last, stage.address))
