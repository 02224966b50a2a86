"""Origin of numbers: what makes a metric file, and from which inputs."""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.chain.losses import Known, losses
from mlgit.core.pipeline.chain.readers import Chain, Reader, covered, covered_param, param_names, reader_of
from mlgit.core.pipeline.inputs import EMPTY, Places, Recorded, recorded_inputs, same_files, same_values
from mlgit.core.pipeline.model_files import meets, stages_before
from mlgit.core.pipeline.moved import moved_files
from mlgit.core.pipeline.stages import output_at
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.pipeline.stages import Pipeline

OriginKind = Literal["stage", "import", "hand"]
Link = Literal["reads", "beside", "none"]
"""How numbers know a model: a stage that makes them reads it, one of these stages makes it, or neither."""
LINKS: tuple[Link, ...] = ("none", "beside", "reads")
"""The links, the stronger ones later."""


@record
class NumbersOrigin:
    """What makes a metric file: a stage, a `.dvc` file that tracks or imports it, or a person.

    `name` is the stage's address or the `.dvc` file, None for `hand`. `deps` and `params` are the inputs of
    the stage and of all stages before it, without what these stages make for each other; a parameter is
    `file:key`, or `file:` for the whole file. `frozen` are the frozen stages among them. `recorded` is the
    content of the inputs in the last run. `readers` are these stages, `owners` the makers of all outputs,
    `stages` the addresses of all stages.
    """

    kind: OriginKind
    name: str | None = None
    deps: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    recorded: Recorded = field(default_factory=Recorded, compare=False)
    readers: tuple[Reader, ...] = field(default=(), compare=False)
    owners: Mapping[str, str] = field(default_factory=dict, compare=False)
    stages: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def words(self) -> str:
        """It in a sentence: `stage train`, `tracked by m.json.dvc`, `made by no stage`."""
        if self.kind == "stage":
            return f"stage {self.name}"
        return "made by no stage" if self.name is None else f"tracked by {self.name}"

    @property
    def clause(self) -> str:
        """It after "is" or "was": `made by stage train`, `tracked by m.json.dvc`, `made by no stage`."""
        return f"made by {self.words}" if self.kind == "stage" else self.words


HAND = NumbersOrigin(kind="hand")


def origin_of(path: str, pipeline: Pipeline) -> NumbersOrigin:
    """What makes the file at `path`, which may be inside a directory that a stage makes."""
    out = output_at(path, {out.path: out for out in pipeline.outputs})
    return HAND if out is None else origin_of_owner(out.owner, pipeline)


def origin_of_owner(owner: str, pipeline: Pipeline) -> NumbersOrigin:
    """What a stage, by its address, or a .dvc file makes its outputs from."""
    by_address = {stage.address: stage for stage in pipeline.stages}
    if owner not in by_address:
        return NumbersOrigin(kind="import", name=owner)
    chain = [by_address[address] for address in sorted(stages_before(owner, pipeline))]
    made = {made.path: made for stage in chain for made in stage.outs}
    deps = {dep for stage in chain for dep in stage.deps if output_at(dep, made) is None}
    params = {name for stage in chain for name in param_names(stage.params)}
    return NumbersOrigin(
        kind="stage",
        name=owner,
        deps=tuple(sorted(deps)),
        params=tuple(sorted(params)),
        frozen=tuple(stage.address for stage in chain if stage.frozen),
        recorded=recorded_inputs(chain),
        readers=tuple(map(reader_of, chain)),
        owners={out.path: out.owner for out in pipeline.outputs},
        stages=frozenset(by_address),
    )


def joined_origin(origins: Iterable[NumbersOrigin]) -> NumbersOrigin | None:
    """One origin with all the inputs of those that are stages; None if there are none."""
    found: NumbersOrigin | None = None
    for each in origins:
        if each.kind == "stage" and found is not None:
            found = replace(
                found,
                deps=tuple(sorted({*found.deps, *each.deps})),
                params=tuple(sorted({*found.params, *each.params})),
                frozen=tuple(sorted({*found.frozen, *each.frozen})),
                recorded=found.recorded | each.recorded,
                readers=tuple(dict.fromkeys((*found.readers, *each.readers))),
            )
        elif each.kind == "stage":
            found = each
    return found


def link_of(path: str | None, origin: NumbersOrigin, pipeline: Pipeline) -> Link:
    """How the stages that make some numbers know the model at `path`."""
    if path is None or origin.name is None:
        return "none"
    before = stages_before(origin.name, pipeline)
    chain = [stage for stage in pipeline.stages if stage.address in before]
    path = path.rstrip("/")
    if any(meets(dep, path) for stage in chain for dep in stage.deps):
        return "reads"
    return "beside" if any(meets(out.path, path) for stage in chain for out in stage.outs) else "none"


def weaker(
    old: NumbersOrigin,
    new: NumbersOrigin,
    *,
    before: Places = EMPTY,
    now: Places = EMPTY,
    reported: str | None = None,
    model: str | None = None,
) -> tuple[str, ...]:
    """Why numbers of the new origin prove less than those of the old one, as short texts; empty if not.

    `before` and `now` are what the two sides have, `reported` the path of which another finding says that
    it is not read any more, `model` that of the model that the numbers are for.
    """
    if old.kind != "stage":
        return ()
    if new.kind != "stage":
        return (f"{old.words} made it, and now it is {new.words}",)
    deps, params = _lost(old, new)
    moved = renamed_inputs(old, new, before=before, now=now)
    known = Known(lost=frozenset((*deps, *params)), moved=moved, model=model, there=now.file)
    texts = (
        *(f"dep {dep} was dropped" for dep in deps if dep not in moved),
        *(f"param {name} was dropped" for name in params if name not in moved),
        *_made_now(old, new),
        *(
            loss.text
            for loss in losses(_chain(old), _chain(new), known)
            if reported is None or not meets(loss.path, reported)
        ),
        *(f"stage {name} is frozen now" for name in new.frozen if not _was_frozen(name, old, new)),
    )
    return tuple(dict.fromkeys(texts))


def _chain(origin: NumbersOrigin) -> Chain:
    return Chain(readers=origin.readers, owners=origin.owners, last=origin.name, stages=origin.stages)


def _was_frozen(name: str, old: NumbersOrigin, new: NumbersOrigin) -> bool:
    """Whether a stage was frozen before, perhaps under another name."""
    runs = {each.run for each in new.readers if each.address == name}
    return name in old.frozen or any(each.address in old.frozen and each.run in runs for each in old.readers)


def renamed_inputs(
    old: NumbersOrigin, new: NumbersOrigin, *, before: Places = EMPTY, now: Places = EMPTY
) -> Mapping[str, str]:
    """Old name -> new name of each dependency and parameter that is gone, and whose content others have.

    Of a dependency that Git keeps, most of the content is enough.
    """
    deps, params = _lost(old, new)
    added = [dep for dep in new.deps if dep not in old.deps]
    same = same_files(deps, added, old.recorded, new.recorded, now=now)
    return {
        **same,
        **moved_files([dep for dep in deps if dep not in same], new.deps, before=before, now=now),
        **same_values(params, old.recorded, new.recorded, before=before, now=now),
    }


def is_declared_only(was: str, now: str, old: NumbersOrigin, new: NumbersOrigin) -> bool:
    """Whether a parameter has a new name in dvc.yaml, and in nothing else that its stages declare.

    That is their commands, also if one has the value, and what they depend on and no stage makes.
    """
    before = {reader.address: reader for reader in old.readers}
    names = now.split(", ")
    readers = [each for each in new.readers if any(covered_param(name, each.params) for name in names)]
    values = {new.recorded.values[name].strip('"') for name in names if name in new.recorded.values}
    return bool(values) and all(
        reader.address in before
        and was in before[reader.address].params
        and reader.run == before[reader.address].run
        and values.isdisjoint(word for command in reader.run for word in re.split(r"[\s=]", command))
        and all(
            old.recorded.hashes.get(dep, "") == new.recorded.hashes.get(dep)
            for dep in reader.deps
            if _maker(dep, new) is None
        )
        for reader in readers
    )


def is_renamed_stage(old: NumbersOrigin, new: NumbersOrigin, places: tuple[Places, Places]) -> bool:
    """Whether a stage that is gone and one that is new are the same, with other names of its inputs."""
    readers = [next((each for each in one.readers if each.address == one.name), None) for one in (old, new)]
    was, now = readers
    if was is None or now is None or was.address in new.stages or now.address in old.stages:
        return False
    from mlgit.core.pipeline.chain.renamed_runs import is_renamed_run

    return is_renamed_run(was, now, renamed_inputs(old, new, before=places[0], now=places[1]))


def added_inputs(old: NumbersOrigin, new: NumbersOrigin) -> tuple[str, ...]:
    """The dependencies and parameters that only the new origin has."""
    pairs = ((old.deps, new.deps), (old.params, new.params))
    return tuple(name for before, after in pairs for name in after if name not in before)


def _made_now(old: NumbersOrigin, new: NumbersOrigin) -> Iterator[str]:
    """Dependencies that a stage makes now, unless their content is what it was."""
    for dep in old.deps:
        maker = _maker(dep, new)
        if maker is None or old.recorded.hashes.get(dep, "") == new.recorded.hashes.get(dep):
            continue
        owner = next((owner for path, owner in old.owners.items() if covered(dep, [path])), None)
        was = "made by no stage" if owner is None else f"tracked by {owner}"
        yield f"{dep} was {was}; it is now made by stage {maker}"


def _maker(dep: str, origin: NumbersOrigin) -> str | None:
    """The stage before the number that makes what is at a path."""
    return next((each.address for each in origin.readers if covered(dep, each.outs)), None)


def _lost(old: NumbersOrigin, new: NumbersOrigin) -> tuple[list[str], list[str]]:
    """The dependencies and parameters of the old origin that the new one does not name, contain or make."""
    deps = [dep for dep in old.deps if not covered(dep, new.deps) and _maker(dep, new) is None]
    return deps, [name for name in old.params if not covered_param(name, new.params)]
