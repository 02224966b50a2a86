"""Model origins: what makes each model's file, and which changes of that release something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.gates.resolved.findings import Finding
from mlgit.core.pipeline.chain.readers import covered
from mlgit.core.pipeline.inputs import EMPTY
from mlgit.core.pipeline.model_files import is_content, meets
from mlgit.core.pipeline.origin import (
    HAND,
    NumbersOrigin,
    is_renamed_stage,
    joined_origin,
    origin_of_owner,
    weaker,
)
from mlgit.core.record import record
from mlgit.core.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from mlgit.core.pipeline.inputs import Places
    from mlgit.core.pipeline.stages import Pipeline


@record
class Maker:
    """A stage or .dvc file that owns a model or a file of it; `run` is a stage's folder and command."""

    origin: NumbersOrigin
    run: tuple[str, ...] = ()


@record
class ModelOrigin:
    """A model of one side: its path, what makes that, and the files there that only Git has."""

    name: str
    path: str | None
    makers: tuple[Maker, ...] = ()
    by_hand: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """It in a sentence: `made by stage train and tracked by m.bin.dvc`."""
        if not self.makers:
            return HAND.words
        return " and ".join(_words(maker.origin) for maker in self.makers)


def model_origin(
    name: str, path: str | None, pipeline: Pipeline, paths: Iterable[str], *, measured: Collection[str] = ()
) -> ModelOrigin:
    """The origin of a model; `paths` are the files in Git, of which `measured` are only metric files."""
    if path is None:
        return ModelOrigin(name=name, path=None)
    path = path.rstrip("/")
    outs = [out for out in pipeline.outputs if meets(out.path, path)]
    stages = {stage.address: stage for stage in pipeline.stages}
    makers = []
    for owner in sorted({out.owner for out in outs}):
        stage = stages.get(owner)
        run = () if stage is None else (stage.wdir, *stage.cmd)
        makers.append(Maker(origin=origin_of_owner(owner, pipeline), run=run))
    # An output that Git keeps is the stage's; a file of Git in the folder of a cached output is not.
    kept = {out.path for out in outs if not out.cached}
    exact = {out.path for out in outs}
    by_hand = tuple(
        each
        for each in paths
        if (each == path or each.startswith(f"{path}/"))
        and is_content(each)
        and each not in measured
        and each not in exact
        and not any(meets(out, each) for out in kept)
    )
    return ModelOrigin(name=name, path=path, makers=tuple(makers), by_hand=by_hand)


def compare_origins(
    old: Sequence[ModelOrigin],
    new: Sequence[ModelOrigin],
    *,
    reported: Collection[str] = (),
    covered: Collection[str] = (),
    places: tuple[Places, Places] = (EMPTY, EMPTY),
) -> Iterator[Finding]:
    """A finding for each model that is made by other means, or from less.

    `reported` are the models whose path gates compare, `covered` what findings about gates say already,
    `places` what the two sides have.
    """
    here = {each.name: each for each in new}
    for before in old:
        after = here.get(before.name)
        if after is None:
            continue
        if before.path is not None and before.path != after.path and before.name not in reported:
            now = "it now has no path" if after.path is None else f"it is now `{after.path}`"
            text = f"Model `{before.name}` was `{before.path}`; {now}"
            yield _finding("gate_repointed", before.name, text)
        if after.path is None or not any(maker.run for maker in before.makers):
            continue
        # The path says that it is made from the one before, whose stages come first.
        known = _is_made_from(after, before) or _same(before.makers, after.makers)
        if not known and not _renamed(before, after, places):
            text = f"Model `{before.name}` (`{after.path}`) was {before.words}; it is now {after.words}"
            yield _finding("evidence_weakened", before.name, text)
        elif texts := [each for each in _weaker(before, after, places) if each not in covered]:
            text = f"Model `{before.name}` ({after.words}) proves less: {'; '.join(texts)}"
            yield _finding("evidence_weakened", before.name, text)
        added = [each for each in after.by_hand if each not in before.by_hand and each != after.path]
        if added:
            files = listed(added)
            verb = "is" if len(added) == 1 else "are"
            text = f"Model `{before.name}` was {before.words}; {files} in it {verb} made by no stage"
            yield _finding("evidence_weakened", before.name, text)


def _same(old: Sequence[Maker], new: Sequence[Maker]) -> bool:
    """Whether every maker has its counterpart: the same one, or the same stage by another name."""
    return all(any(_alike(one, other) for other in new) for one in old) and all(
        any(_alike(one, other) for one in old) for other in new
    )


def _alike(old: Maker, new: Maker) -> bool:
    if old.origin.name == new.origin.name and bool(old.run) == bool(new.run):
        return True
    return bool(old.run) and old.run == new.run


def _is_made_from(new: ModelOrigin, old: ModelOrigin) -> bool:
    """Whether a model with another path is made from the one before, as by a stage that exports it."""
    if old.path is None or old.path == new.path or len(new.makers) != 1:
        return False
    chain = new.makers[0].origin.readers
    last = next((each for each in chain if each.address == new.makers[0].origin.name), None)
    before = {each.address for each in chain}
    makers = [maker.origin.name for maker in old.makers]
    return last is not None and covered(old.path, last.deps) and {*makers} <= before - {last.address}


def _renamed(old: ModelOrigin, new: ModelOrigin, places: tuple[Places, Places]) -> bool:
    """Whether the only maker that is not the same is a stage whose inputs were renamed with it."""
    gone = [one for one in old.makers if not any(_alike(one, other) for other in new.makers)]
    came = [other for other in new.makers if not any(_alike(one, other) for one in old.makers)]
    return len(gone) == len(came) == 1 and is_renamed_stage(gone[0].origin, came[0].origin, places)


def _weaker(old: ModelOrigin, new: ModelOrigin, places: tuple[Places, Places]) -> tuple[str, ...]:
    """What the stages that make a model no longer depend on, whatever their names are."""
    before, after = (joined_origin(maker.origin for maker in each.makers) for each in (old, new))
    if before is None or after is None:
        return ()
    return weaker(before, after, before=places[0], now=places[1])


def _words(origin: NumbersOrigin) -> str:
    return origin.clause


def _finding(code: str, model: str, text: str) -> Finding:
    return Finding(code=code, subjects=(model,), text=text, model=model, kind="model", whole=True)
