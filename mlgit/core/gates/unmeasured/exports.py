"""Exports: what makes a model after its numbers, so that no number of a gate shows a change of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, is_of_another_model, model_of
from mlgit.core.gates.measured.parameters import difference, narrowest
from mlgit.core.gates.measured.programs import is_program
from mlgit.core.gates.measured.runs.compared import Programs
from mlgit.core.gates.resolved.findings import counterparts
from mlgit.core.gates.resolved.stage_changes import predecessors
from mlgit.core.gates.unmeasured.same_numbers import is_of_quality
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered, param_names
from mlgit.core.pipeline.inputs import EMPTY, recorded_inputs
from mlgit.core.record import NamedTuple
from mlgit.core.wording import joined, listed, quoted_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.compared import Order
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

_MOST = 12


def export_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
) -> Iterator[Note]:
    """Notes about other programs, parameters and data of the stages that make a model after its numbers.

    Only of a model of which no gate reads a number that is measured on it, or only times, sizes and counts.
    What the change lets a new gate read says nothing about what was there before.
    That a stage is new or runs another command is a note of `stage_changed`. `changed` gives the files of
    which Git has other content.
    """
    for path, (aside, is_new, both, known) in _exports(old, new, pipelines):
        start = _start(path, aside, is_new=is_new)
        texts = {
            "code_changed": _code(both, known, Programs(places, frozenset(changed()), both, pipelines)),
            "params_changed": _parameters(both, known),
            "data_changed": _data(both, known, Measuring(pipelines[1])),
        }
        for code, found in texts.items():
            if named := [f"{text} (stage {stage})" for text, stage in found.items()]:
                yield Note(code=code, message=f"{start}: {joined(named, _MOST)}", names=quoted_in(named))


def _start(path: str, aside: Sequence[str], *, is_new: bool) -> str:
    if is_new:
        return f"Only new gates read a number that is measured on `{path}`, and what makes it changed"
    if not aside:
        return f"No gate reads a number that is measured on `{path}`, and what makes it changed"
    looks = "looks like a time, size or count" if len(aside) == 1 else "look like times, sizes or counts"
    only = f"Of what is measured on `{path}`, gates read only {listed(aside)}"
    return f"{only}, which {looks}, and what makes that model changed"


class _Export(NamedTuple):
    """What gates read of a model, its stages after the other numbers, and the stages before those.

    `is_new`: there are gates that read more of it, and the target has none of them.
    """

    aside: tuple[str, ...]
    is_new: bool
    both: list[tuple[Stage, Stage]]
    known: Mapping[str, Stage]


def _exports(
    old: Sequence[ResolvedGate], new: Sequence[ResolvedGate], pipelines: tuple[Pipeline, Pipeline]
) -> Iterator[tuple[str, _Export]]:
    """Each model that is made after the numbers which say how good it is."""
    side = Measuring(pipelines[1])
    gates: dict[str, list[ResolvedGate]] = {}
    for gate in new:
        if (path := model_of(gate)) is not None:
            gates.setdefault(path, []).append(gate)
    for path, own in sorted(gates.items()):
        # Where a number is not known here, it may be measured on the model.
        there = [gate for gate in own if counterparts(gate, old) or _metric(gate) in map(_metric, old)]
        if not all(map(_is_aside, there)):
            continue
        before = [gate for gate in own if side.shared(gate)]
        known = side.before(gate.source.origin.name or "" for gate in before if gate.source is not None)
        after = {name: each for name, each in side.before(side.makers(path)).items() if name not in known}
        was = predecessors(*pipelines, {stage.address for stage in pipelines[0].stages})
        both = [(was[name], each) for name, each in after.items() if name in was]
        if before:
            read = dict.fromkeys(gate.metric for gate in there if not is_of_another_model(gate))
            yield path, _Export((*read,), not all(map(_is_aside, own)), both, known)


def _metric(gate: ResolvedGate) -> tuple[str | None, str]:
    return model_of(gate), gate.metric


def _is_aside(gate: ResolvedGate) -> bool:
    """Whether a gate's number is of a stage that does not know its model, or a time, size or count."""
    if gate.source is not None and is_of_another_model(gate):
        return gate.source.origin.name is not None
    return gate.source is not None and not is_of_quality(gate.source.key)


def _code(
    both: Sequence[tuple[Stage, Stage]], known: Mapping[str, Stage], programs: Programs
) -> dict[str, str]:
    """Each program that differs, in words, with its stage."""
    read = {dep for stage in known.values() for dep in stage.deps}
    found: dict[str, tuple[Order, str, str]] = {}
    for pair in both if programs.differing else ():
        for order, path, what in programs.differences(pair, read):
            found.setdefault(path, (order, f"`{path}` {what}", pair[1].address))
    return {text: stage for _, text, stage in sorted(found.values())}


def _parameters(both: Sequence[tuple[Stage, Stage]], known: Mapping[str, Stage]) -> dict[str, str]:
    """Each parameter that has another value, without those that what is measured declares more exactly."""
    measured = [name for stage in known.values() for name in param_names(stage.params)]
    found = {}
    for old, new in both:
        was, now = (recorded_inputs([each]).values for each in (old, new))
        own = [*param_names(new.params)]
        for name in sorted({*was, *now}):
            is_own = len(narrowest(name, own)) >= len(narrowest(name, measured))
            if was.get(name) != now.get(name) and narrowest(name, own) and is_own:
                found[f"`{name}` {difference(was.get(name), now.get(name))}"] = new.address
    return found


def _data(both: Sequence[tuple[Stage, Stage]], known: Mapping[str, Stage], side: Measuring) -> dict[str, str]:
    """Each dependency of other content that no stage makes, and that nothing before the numbers reads."""
    read = {dep for stage in known.values() for dep in stage.deps}
    found = {}
    for old, new in both:
        for dep in new.deps:
            if is_program(dep) or side.outputs(dep) or covered(dep, read) or dep not in old.deps:
                continue
            contents = [None if each.locked is None else each.locked.content(dep) for each in (old, new)]
            if None not in contents and contents[0] != contents[1]:
                found[f"`{dep}` changed"] = new.address
    return found
