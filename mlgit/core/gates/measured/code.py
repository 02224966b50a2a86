"""Code: whether the programs that measure the numbers of gates are those of the target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.measuring import Measuring, may_train, pairs
from mlgit.core.gates.measured.runs.compared import Programs
from mlgit.core.gates.measured.runs.incomplete import sentences
from mlgit.core.gates.measured.runs.last_runs import NO_RUNS, NOT_RUN, RUN_ELSEWHERE
from mlgit.core.gates.measured.runs.moves.near import Near
from mlgit.core.gates.measured.runs.moves.notes import Moves
from mlgit.core.gates.measured.runs.reached import COMMAND
from mlgit.core.gates.measured.runs.recorded import made_programs
from mlgit.core.gates.resolved.stage_changes import predecessors
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.wording import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mlgit.core.gates.measured.runs.compared import Order
    from mlgit.core.gates.measured.runs.last_runs import LastRuns
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

    _Both = Sequence[tuple[Stage, Stage]]

_CODE = "code_changed"
_MOST = 12
_BY_COMMAND = -COMMAND * 2 + 1


def code_notes(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
    runs: LastRuns = NO_RUNS,
) -> tuple[Note, ...]:
    """Notes about the programs of stages that measure a model, or make what it is measured on.

    Any number can be written in a program, so that a reviewer must see it. Those of a stage that makes the
    gate's model are its training. `changed` gives the files of which Git has other content.
    """
    compared = _Comparison(old, new, pipelines)
    if not (both := compared.both):
        return ()
    verb = compared.verb
    training = compared.training(places[0].paths())
    sides, edited = _with_made(pipelines, places, compared.makers)
    here = Programs(sides, frozenset({*changed(), *edited}), both, pipelines)
    ran, others = (
        [each for each in both if (each[1].address in runs.same) is same] for same in (False, True)
    )
    possible = here.possible(ran, training)
    texts = {f"The numbers are {verb} with other code": compared.named(here, ran, training)}
    moves = Moves(both, compared.known)
    more = [*moves.notes(here, Near(sides, pipelines), f"Code that the numbers are {verb} with", ran)]
    unrun = compared.named(here, others, training, declared=False)
    elsewhere = here.run_by(runs.ran(pipelines[1]), unrun) if unrun else ()
    texts |= _not_run(f"The code that the numbers are {verb} with", unrun, elsewhere)
    for made, own in runs.made_at(both, compared.last):
        there = Programs((made.places, places[1]), frozenset(made.changed()), both, pipelines)
        start = f"{made.start}; the code that they are {verb} with changed since"
        texts[start] = compared.named(there, own, training)
        start = f"{made.start}; since then, code that they are {verb} with"
        more += moves.notes(there, Near((made.places, places[1]), pipelines), start)
        possible += [replace(each, since=made.label) for each in there.possible(own, training)]
    named = (_note(f"{start}: {joined(each.values(), _MOST)}", each) for start, each in texts.items() if each)
    return (*named, *more, *map(_note, sentences(possible, compared.known)))


def _note(message: str, names: Iterable[str] = ()) -> Note:
    return Note(code=_CODE, message=message, names=frozenset(names))


def _not_run(start: str, unrun: Mapping[str, str], elsewhere: Collection[str]) -> dict[str, dict[str, str]]:
    return {
        f"{start} {how}": {path: text for path, text in unrun.items() if (path in elsewhere) is is_so}
        for how, is_so in ((RUN_ELSEWHERE, True), (NOT_RUN, False))
    }


def _with_made(
    pipelines: tuple[Pipeline, Pipeline], places: tuple[Places, Places], makers: Sequence[Collection[str]]
) -> tuple[tuple[Places, Places], set[str]]:
    """Both sides with the programs that stages make, and those of them that differ."""
    was, now = made_programs(pipelines, places, makers)
    edited = {path for path in {*was, *now} if was.get(path) != now.get(path)}
    return (_with(places[0], was), _with(places[1], now)), edited


def _with(places: Places, made: Collection[str]) -> Places:
    """Places that have programs which Git does not have as well."""
    if not made:
        return places
    paths = places.paths().union(made)
    return replace(places, paths=lambda: paths)


class _Comparison:
    """Which programs of the stages of numbers differ; each is named once."""

    def __init__(
        self,
        old: Sequence[ResolvedGate],
        new: Sequence[ResolvedGate],
        pipelines: tuple[Pipeline, Pipeline],
    ) -> None:
        sides = Measuring(pipelines[0]), Measuring(pipelines[1])
        stages: dict[str, Stage] = {}
        self.last: set[str | None] = set()
        self._trained: list[set[str]] = [set(), set()]
        self.makers: list[set[str]] = [set(), set()]
        self.known: set[str] = set()
        self.verb = "measured"
        for gates in pairs(old, new):
            if all(side.is_known(gate) for side, gate in zip(sides, gates, strict=True)):
                self.verb = "made" if may_train(gates[1]) else self.verb
                sides[1].follow(sides[0], gates)
                makers = [side.makers_for(gate) for side, gate in zip(sides, gates, strict=True)]
                here = {each.address: each for each in sides[1].stages(gates[1])}
                stages |= {name: each for name, each in here.items() if name not in makers[1]}
                self.last |= {gate.source.origin.name for gate in gates if gate.source is not None}
                for side, known, own in zip(sides, self._trained, makers, strict=True):
                    known |= {dep for each in side.before(own).values() for dep in each.deps}
                self.makers = [{*every, *own} for every, own in zip(self.makers, makers, strict=True)]
        there = {stage.address for gate in old for stage in sides[0].stages(gate)} if stages else set()
        before = predecessors(*pipelines, there) if stages else {}
        self.both = [(before.get(name, stage), stage) for name, stage in stages.items()]

    def training(self, there: frozenset[str]) -> set[str]:
        """What training declares; of the change's, not what the target has, and so may measure with."""
        return self._trained[0] | (self._trained[1] - there)

    def named(
        self, programs: Programs, both: _Both, trained: Collection[str], *, declared: bool = True
    ) -> dict[str, str]:
        """Each program that differs, in words: first those in commands, then what makes the numbers runs.

        Without what is `declared`, those that a stage does not depend on: a change of these makes it stale.
        """
        found: dict[str, tuple[bool, bool, Order, str]] = {}
        pairs = both if programs.differing else ()
        for old, new in sorted(pairs, key=lambda each: (each[1].address not in self.last, each[1].address)):
            own = () if declared else new.deps
            for order, path, what in programs.differences((old, new), trained):
                if path not in self.known and not covered(path, own):
                    text = f"`{path}` {what} (stage {new.address})"
                    is_other = new.address not in self.last
                    found.setdefault(path, (order[0] > _BY_COMMAND, is_other, order, text))
        self.known |= found.keys()
        return {path: found[path][-1] for path in sorted(found, key=lambda each: found[each])}
