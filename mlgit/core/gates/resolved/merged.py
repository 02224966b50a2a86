"""Merged rules: the mlgit.yaml that the merge of a branch will have, entry by entry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mlgit.core.gates.gate_changes import compare_gates, strictness
from mlgit.core.gates.resolved.rules import Merged
from mlgit.core.gates.verdict import Note
from mlgit.core.globs import glob_pattern
from mlgit.core.pipeline.model_files import meets
from mlgit.core.wording import listed, word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.config.file import Config, Gate, Model

T = TypeVar("T")


def merge_rules(base: Config, target: Config, own: Config, by_git: Config | None = None) -> Merged:
    """Merge the rules of a branch and its target; `base` are those where the branch left.

    `by_git` are those in the file that git makes of both, None if it is not known.
    """
    found = by_git or _by_entry(base, target, own)
    gates = {
        name: own.gates[name] if own.gates.get(name) == gate else _unplaced(gate)
        for name, gate in found.gates.items()
    }
    if by_git is None:
        gates = _strict(base, _tightened(base, target, own), gates)
    known = {*own.gates, *target.gates}
    replaced = _replaced(base, target, own)
    models = {**found.models, **{name: own.models[name] for name in replaced}}
    # A model that only the target added has no files in the branch's tree.
    models = {name: model for name, model in models.items() if name in own.models}
    config = replace(found, gates=gates, models=models)
    return Merged(
        config=config,
        strict=replace(config, gates=_strict(base, target, gates)),
        older=tuple(each.gate for each in compare_gates(own.gates, gates) if each.gate in known),
        replaced=replaced,
    )


def _by_entry(base: Config, target: Config, own: Config) -> Config:
    """Each entry as the side has it that changed it; the branch's if both did."""
    return replace(
        own,
        gates=_newer(base.gates, target.gates, own.gates),
        models=_newer(base.models, target.models, own.models),
        directions=_newer(base.directions, target.directions, own.directions),
        environments=_newer(base.environments, target.environments, own.environments),
        deploy=_newer(base.deploy, target.deploy, own.deploy),
        numbers=own.numbers if own.numbers != base.numbers else target.numbers,
        on_loosened=own.on_loosened if own.on_loosened != base.on_loosened else target.on_loosened,
        foreign_tags=own.foreign_tags if own.foreign_tags != base.foreign_tags else target.foreign_tags,
        declared=own.declared or target.declared,
    )


def _replaced(base: Config, target: Config, own: Config) -> tuple[str, ...]:
    """The branch's models that the target has no more, if it has others since: it may have renamed them.

    To leave them out would be to judge nothing of them.
    """
    added = target.models.keys() - base.models.keys()
    gone = base.models.keys() & own.models.keys() - target.models.keys()
    return tuple(sorted(gone)) if added else ()


def in_new_names(config: Config, own: Config, renamed: Mapping[str, str]) -> Config:
    """A config with the target's names of models: `renamed` are new -> old name.

    A new name that the branch's `own` config has as well is another model there.
    """
    names = {old: new for new, old in renamed.items() if new not in own.models}
    gates = {
        name: gate
        if gate.models is None
        else replace(gate, models=tuple(names.get(model, model) for model in gate.models))
        for name, gate in config.gates.items()
    }
    models = [replace(model, name=names.get(name, name)) for name, model in config.models.items()]
    return replace(config, models={model.name: model for model in models}, gates=gates)


def with_models_of_both(base: Config, target: Config, own: Config, by_git: Config | None = None) -> Config:
    """The target without the models that only it added, and with those that it replaced.

    The former have no files where the branch left; the latter are still compared. A model that the target
    added and git's merge loses is compared as well.
    """
    known = {*base.models, *own.models}
    if by_git is not None:
        known |= target.models.keys() - by_git.models.keys()
    models = {name: each for name, each in target.models.items() if name in known}
    models |= {name: base.models[name] for name in _replaced(base, target, own)}
    return replace(target, models=models)


def fitted(rules: Config, older: Config, files: Collection[str]) -> Config:
    """The rules for a tree from before their files moved.

    A path or globs of a model that find nothing in `files` are those of the `older` rules that do.
    """
    models = {
        name: _fitted(model, older.models.get(name, model), files) for name, model in rules.models.items()
    }
    return replace(rules, models=models)


def _fitted(model: Model, older: Model, files: Collection[str]) -> Model:
    path = model.path
    if path is not None and older.path is not None and not _has(files, path) and _has(files, older.path):
        path = older.path
    metrics = model.metrics
    if (
        metrics is not None
        and not _any(metrics, files)
        and (older.metrics is None or _any(older.metrics, files))
    ):
        metrics = older.metrics
    return replace(model, path=path, metrics=metrics)


def _has(files: Collection[str], path: str) -> bool:
    return any(meets(path, each) for each in files)


def _any(globs: Iterable[str], files: Collection[str]) -> bool:
    patterns = [glob_pattern(glob) for glob in globs]
    return any(pattern.fullmatch(path) for pattern in patterns for path in files)


def older_note(merged: Merged, target: tuple[str, str]) -> Note:
    """The note that names the gates which the branch does not know yet.

    `target` is its name for people and for commands.
    """
    newer = [name for name in merged.older if name in merged.config.gates]
    gone = [name for name in merged.older if name not in merged.config.gates]
    parts = [f"{listed(newer)} of `{target[0]}` {_are(newer)} newer than this branch"] if newer else []
    parts += [f"{listed(gone)} {_are(gone)} not in `{target[0]}` any more"] if gone else []
    return Note(
        code="older_gates",
        message=f"{' and '.join(parts)}; the branch is checked by the rules that its merge will have",
        hint=f"run `git merge {word(target[1])}` to have its gates here",
    )


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _newer(base: Mapping[str, T], target: Mapping[str, T], own: Mapping[str, T]) -> dict[str, T]:
    """The branch's entries, and the target's where the branch changed nothing."""
    found = {}
    for name in sorted({*target, *own}):
        side = target if own.get(name) == base.get(name) else own
        if name in side:
            found[name] = side[name]
    return found


def _tightened(base: Config, target: Config, own: Config) -> Config:
    """The target with only the gates that both sides made stricter, which loosens nothing."""
    gates = {}
    for name in base.gates.keys() & target.gates.keys() & own.gates.keys():
        sides = {strictness(base.gates[name], side.gates[name]) for side in (target, own)}
        if sides == {"stricter"}:
            gates[name] = target.gates[name]
    return replace(target, gates=gates)


def _strict(base: Config, target: Config, gates: Mapping[str, Gate]) -> dict[str, Gate]:
    """The gates, and for each that both sides changed the stricter, or both if neither is."""
    found = dict(gates)
    for name, gate in sorted(target.gates.items()):
        own = gates.get(name)
        if own == gate or gate == base.gates.get(name):
            continue
        newer = _unplaced(gate)
        order = "looser" if own is None else strictness(gate, own)
        if order == "looser":
            found[name] = newer
        elif order is None and own is not None:
            found[name] = newer
            other = _free(name, {*gates, *target.gates, *found})
            found[other] = replace(own, id=other)
    return found


def _unplaced(gate: Gate) -> Gate:
    """The gate without its line, which is of another mlgit.yaml."""
    return replace(gate, line=None)


def _free(name: str, taken: set[str]) -> str:
    """An id for the branch's form of a gate."""
    free, number = f"{name}-of-this-branch", 1
    while free in taken:
        number += 1
        free = f"{name}-of-this-branch-{number}"
    return free
