"""Data: whether the numbers of gates are measured on the data that the target measures them on."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.contents import Contents
from mlgit.core.gates.measured.leaks import leaks
from mlgit.core.gates.measured.measuring import Measuring, model_of, number_stages, pairs
from mlgit.core.gates.measured.runs.explained import Explained
from mlgit.core.gates.measured.runs.last_runs import NO_RUNS, NOT_RUN, RUN_ELSEWHERE
from mlgit.core.gates.measured.runs.recorded import Content, contents, hash_of, made_with_model
from mlgit.core.gates.resolved.stage_changes import matched, predecessors, undeclared
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.model_files import meets
from mlgit.core.pipeline.origin import renamed_inputs
from mlgit.core.record import record
from mlgit.core.wording import joined, listed, quoted_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.gates.measured.runs.last_runs import LastRuns
    from mlgit.core.gates.resolved.resolution import ResolvedGate
    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline, Stage

    _Gates = tuple[ResolvedGate, ResolvedGate]

_CODE = "data_changed"
_MOST = 12
_PARAMS = "params.yaml"
_TEXTS = (".md", ".rst", ".txt")


@record
class DataChanges:
    """Notes about the data of numbers; `renamed` are the old names that one of them is about."""

    notes: tuple[Note, ...] = ()
    renamed: frozenset[str] = field(default_factory=frozenset)


def compare_data(
    old: Sequence[ResolvedGate],
    new: Sequence[ResolvedGate],
    pipelines: tuple[Pipeline, Pipeline],
    *,
    places: tuple[Places, Places] = (EMPTY, EMPTY),
    changed: Callable[[], Collection[str]] = frozenset,
    runs: LastRuns = NO_RUNS,
) -> DataChanges:
    """Notes about the data that stages measure a model on, if it has other content or another owner.

    That is normal work, but a number says less about a model next to one of other data. What only the model
    is made from does not count, unless it newly is what the model is measured on. `pipelines` and `places`
    are those of both sides, `changed` gives the files of which Git has other content.
    """
    compared = _Comparison(pipelines, places, changed)
    content, elsewhere, not_run, others = (dict[str, None]() for _ in range(4))
    both = [*pairs(old, new)]
    for gates in both:
        compared.sides[1].follow(compared.sides[0], gates)
        for through, text in compared.changes(gates):
            unrun = through and runs.same.issuperset(through)
            is_read = unrun and compared.is_read_by(runs.ran(pipelines[1]), text)
            (elsewhere if is_read else not_run if unrun else content)[text] = None
        others |= dict.fromkeys(
            (*compared.owners(gates), *leaks(gates, compared.sides, compared.contents, places))
        )
    were = "may have been" if compared.is_doubtful(content) else "were"
    found = {
        f"The numbers {were} computed on different data": content,
        f"The data that the numbers are computed on {RUN_ELSEWHERE}": elsewhere,
        f"The data that the numbers are computed on {NOT_RUN}": not_run,
    }
    known = {*content, *elsewhere, *not_run, *others}
    for made, stages in runs.made_at(compared.stages(both), number_stages(both)):
        there = _Comparison(pipelines, (made.places, places[1]), made.changed)
        texts = [text for gates in both for text in there.unrecorded(gates, stages) if text not in known]
        found[f"{made.start}; the data that they are computed on changed since"] = dict.fromkeys(texts)
    return DataChanges(notes=_notes(found, others), renamed=frozenset(compared.renamed))


def _notes(found: Mapping[str, Iterable[str]], others: Iterable[str]) -> tuple[Note, ...]:
    """A note for each start with texts, and for each of the others."""
    lists = [
        Note(
            code=_CODE,
            message=f"{start}: {joined(sorted(each, key=_is_last), _MOST)}",
            names=quoted_in(each),
        )
        for start, each in found.items()
        if each
    ]
    return (*lists, *(Note(code=_CODE, message=text) for text in others))


def _is_last(text: str) -> tuple[bool, bool]:
    """Whether it is about what came, or about a text: of very many, only the first are written."""
    return text.endswith((" is new", " is read now")), "." in text and text.split("`")[1].endswith(_TEXTS)


class _Comparison:
    """What the stages of both sides measure models on."""

    def __init__(
        self,
        pipelines: tuple[Pipeline, Pipeline],
        places: tuple[Places, Places],
        changed: Callable[[], Collection[str]],
    ) -> None:
        self.sides = Measuring(pipelines[0]), Measuring(pipelines[1])
        self._places = places
        self.contents = Contents(self.sides, places, changed)
        self.renamed: set[str] = set()

    def is_doubtful(self, texts: Iterable[str]) -> bool:
        """Whether all these changes are of files that may not be data."""
        return self.contents.doubtful.issuperset(texts)

    def is_read_by(self, stages: Iterable[Stage], text: str) -> bool:
        """Whether one of the stages declares or names what a text is about."""
        path = text.split("`")[1]
        return any(
            meets(each, path) for stage in stages for each in (*stage.deps, *_named(stage, self.contents))
        )

    def changes(self, gates: _Gates) -> Iterator[tuple[list[str], str]]:
        """What a model is measured on that has other content or was not read before, in words.

        With it, the stages that it comes to the number through.
        """
        stages = [stage.address for stage in self.sides[1].stages(gates[1])]
        found = list(self._read_otherwise(gates))
        made = self._made_otherwise(gates, Explained(self.sides, gates, found))
        yield from ((stages, text) for text in (*found, *made, *self._made_with_model(gates)))
        yield from (([stage], text) for stage, text in self._named(gates))

    def stages(self, both: Iterable[_Gates]) -> list[tuple[Stage, Stage]]:
        """The stages of the change that come before numbers, with those of the target that they were."""
        pipelines = self.sides[0].pipeline, self.sides[1].pipeline
        found: dict[str, tuple[Stage, Stage]] = {}
        for gates in both:
            there = {stage.address for stage in self.sides[0].stages(gates[0])}
            before = predecessors(*pipelines, there)
            for stage in self.sides[1].stages(gates[1]):
                if stage.address in before:
                    found[stage.address] = (before[stage.address], stage)
        return [*found.values()]

    def unrecorded(self, gates: _Gates, both: Iterable[tuple[Stage, Stage]]) -> Iterator[str]:
        """What stages read and no run records: behind links, next to what stages make, named by commands."""
        addresses = {stage.address for _, stage in both}
        was, now = self._inputs(gates)
        here = [stage for stage in self.sides[1].stages(gates[1]) if stage.address in addresses]
        deps = {dep for stage in here for dep in stage.deps}
        for dep in sorted(was.keys() & now.keys() & deps):
            model = _model_next_to(dep, gates)
            if not (was[dep].known and now[dep].known):
                yield from self.contents.inside(dep, model)
            elif was[dep].folder and was[dep].md5 == now[dep].md5:
                yield from self.contents.behind(dep, model)
        yield from (text for stage, text in self._named(gates) if stage in addresses)

    def _read_otherwise(self, gates: _Gates) -> Iterator[str]:
        was, now = self._inputs(gates)
        lost = [dep for dep in was if not covered(dep, now)]
        moved = self._moved(gates, lost) if lost else {}
        for dep, content in sorted(was.items()):
            other = now.get(dep)
            model = _model_next_to(dep, gates)
            if other is not None and content.known and other.known:
                if content.md5 != other.md5:
                    yield from self.contents.of(dep, folder=content.folder, model=model)
                elif content.folder:
                    yield from self.contents.behind(dep, model)
            elif covered(dep, now):
                yield from self.contents.inside(dep, model)
                if other is not None and content.differs(other) and not self.contents.explains(dep):
                    yield f"`{dep}` changed"
            elif dep in moved and self.contents.has_data(dep):
                yield from self._renamed(dep, moved[dep], content, now)
        yield from self._newly_read(gates, now, {each for places in moved.values() for each in places})

    def owners(self, gates: _Gates) -> Iterator[str]:
        """Who has data now that someone else had before, in words."""
        was, now = self._inputs(gates)
        yield from filter(None, (self.contents.owners(path) for path in sorted(was.keys() & now.keys())))

    def _inputs(self, gates: _Gates) -> tuple[Mapping[str, Content], Mapping[str, Content]]:
        before, after = (dict(contents(side, gate)) for side, gate in zip(self.sides, gates, strict=True))
        return before, after

    def _read(self, gates: _Gates, index: int) -> set[str]:
        """What the stages of one side read."""
        side, gate = self.sides[index], gates[index]
        return side.read(side.stages(gate), model_of(gate))

    def _moved(self, gates: _Gates, lost: Collection[str]) -> Mapping[str, list[str]]:
        """Old name -> new names of each dependency that is gone, and whose content others have."""
        old, new = (gate.source for gate in gates)
        if old is None or new is None:
            return {}
        before, now = self._places
        found = renamed_inputs(old.origin, new.origin, before=before, now=now)
        return {dep: found[dep].split(", ") for dep in lost if dep in found}

    def _renamed(
        self, dep: str, places: Sequence[str], content: Content, now: Mapping[str, Content]
    ) -> Iterator[str]:
        """That a dependency has another name, unless it is known to have the same content."""
        other = now.get(places[0]) if len(places) == 1 else None
        known = other is not None and content.known and other.known and content.folder == other.folder
        if other is None or not known or content.md5 != other.md5:
            self.renamed.add(dep)
            yield f"`{dep}` is now {listed(places)}{', with other content' if known else ''}"

    def _newly_read(self, gates: _Gates, now: Mapping[str, Content], moved: Collection[str]) -> Iterator[str]:
        old = self.sides[0].stages(gates[0])
        known = {dep for stage in old for dep in stage.deps}
        for dep in sorted(now) if old else ():
            if not covered(dep, known) and dep not in moved and self.contents.has_data(dep):
                yield f"`{dep}` is read now"

    def _made_otherwise(self, gates: _Gates, explained: Explained) -> Iterator[str]:
        """What a stage makes with other content, of no input that a note names, or under a new name."""
        old, new = (side.stages(gate) for side, gate in zip(self.sides, gates, strict=True))
        was, now = self._read(gates, 0), self._read(gates, 1)
        makers = self.sides[1].makers_for(gates[1])
        earlier = {stage.address for stage in old}
        before = predecessors(self.sides[0].pipeline, self.sides[1].pipeline, earlier)
        for stage in new:
            maker = before.get(stage.address)
            if maker is None or stage.address in makers:
                continue
            added = [out.path for out in stage.outs if out.path in now - was]
            for out in maker.outs:
                md5 = hash_of(maker, out.path)
                if (
                    added
                    and out.path in was - now
                    and md5 not in {None, *(hash_of(stage, each) for each in added)}
                ):
                    yield f"`{out.path}` is now {listed(added)}, with other content"
                same = md5 in {None, hash_of(stage, out.path) or md5} or explained.by_inputs(maker, stage)
                if not same and any(meets(out.path, dep) for dep in now):
                    yield f"`{out.path}` changed"

    def _made_with_model(self, gates: _Gates) -> Iterator[str]:
        """What stages that make the model make for those that measure it, with other content."""
        if any(gate.source is None or gate.source.link != "reads" for gate in gates):
            return  # then a number may know the model only by what is made with it
        was, now = (dict(made_with_model(side, gate)) for side, gate in zip(self.sides, gates, strict=True))
        for path in sorted(was.keys() & now.keys()):
            if was[path] and now[path] and was[path] != now[path]:
                yield f"`{path}` changed"
        added = sorted(now.keys() - was.keys() - self._read(gates, 0))
        contents = [now[path] for path in added]
        for path in sorted(was.keys() - now.keys() - self._read(gates, 1)) if all(contents) else ():
            if added and was[path] and was[path] not in contents:
                yield f"`{path}` is now {listed(added)}, with other content"

    def _named(self, gates: _Gates) -> Iterator[tuple[str, str]]:
        """(stage, text) of edited data that commands name and no stage declares, without files of parameters.

        That a command newly names one is a finding.
        """
        stages = self.sides[0].stages(gates[0])
        named = {path for stage in stages for path in _named(stage, self.contents)}
        params = {file for side in self.sides for stage in side.pipeline.stages for file in stage.params}
        for stage in self.sides[1].stages(gates[1]):
            for path in _named(stage, self.contents):
                if path in named and path not in params and path != _PARAMS:
                    for text in self.contents.inside(path, model_of(gates[1])):
                        yield (
                            stage.address,
                            f"{text} (stage {stage.address} names it and does not declare it)",
                        )


def _model_next_to(dep: str, gates: _Gates) -> str | None:
    """The path of the model, unless a dependency is the model or in it."""
    path = model_of(gates[1])
    return None if path is None or covered(dep, [path]) else path


def _named(stage: Stage, contents: Contents) -> list[str]:
    """What a stage's commands name or match with a pattern, and it does not declare."""
    return [*dict.fromkeys((*undeclared(stage, contents.places), *matched(stage, contents.places)))]
