"""Diff: the differences between two states of the repository."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.compare.changes import (
    ContentChange,
    Diff,
    Side,
    content_changes,
    shared_keys,
    stage_changes,
    value_changes,
)
from mlgit.core.compare.metric_tables import metric_tables
from mlgit.core.config.file import Config
from mlgit.core.pipeline.evidence import Evidence
from mlgit.core.pipeline.stages import Pipeline
from mlgit.errors import ConfigError
from mlgit.project.pipeline.declared import added_globs
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.compare.changes import Content, Kind, ValueChange
    from mlgit.core.pipeline.evidence import Problem
    from mlgit.project.open import Project

_NOT_KNOWN = "it is not known here whether the model changed: its folder did, but the listing is not here"
PARTS = ("metrics", "params", "data", "models", "stages")


def compare(
    project: Project, old: Side, new: Side, *, parts: Collection[str] = PARTS, show_unchanged: bool = False
) -> Diff:
    """Compare `new` with `old` in these parts; equal things are listed only with `show_unchanged`.

    Where nothing is known to differ, and not everything could be read, nothing was compared.

    Raises:
        ConfigError: dvc.yaml, dvc.lock or a .dvc file of one of them is invalid.
    """
    before, after = _evidence(project, old, new)
    problems: list[str] = []
    metrics = params = stages = None
    shared, shared_params = frozenset[str](), frozenset[str]()
    if "metrics" in parts:
        values, other_values, problems = metric_tables(before.metric_files, after.metric_files)
        better = _config(project, new.commit).directions
        known = value_changes(values, other_values, directions=better, show_unchanged=show_unchanged)
        metrics, shared = (known or None) if problems else known, shared_keys(values, other_values)
    if "params" in parts:
        params, others, shared_params = _params(before, after, show_unchanged=show_unchanged)
        problems += others
    if "stages" in parts:
        stages = stage_changes(before.pipeline, after.pipeline, show_unchanged=show_unchanged)
    data, models = _contents(project, (old, before), (new, after), parts, show_unchanged=show_unchanged)
    problems += [_NOT_KNOWN] if models is None and "models" in parts else []
    if data is not None and new.commit is None and (lost := _lost(project)):
        data, problems = data or None, [*problems, *lost]
    return Diff(
        old=old,
        new=new,
        metrics=metrics,
        params=params,
        data=data,
        models=models,
        stages=stages,
        problems=tuple(dict.fromkeys(problems)),
        shared_metrics=shared,
        shared_params=shared_params,
    )


def _params(
    before: Evidence, after: Evidence, *, show_unchanged: bool
) -> tuple[tuple[ValueChange, ...] | None, list[str], frozenset[str]]:
    """The parameters that differ, the problems of their files, and the keys that several files have."""
    known = _read(before, after) | _read(after, before)
    sides = [{path: side.params[path] for path in known & side.params.keys()} for side in (before, after)]
    changes = value_changes(*sides, show_unchanged=show_unchanged)
    problems = [*before.problems, *after.problems]
    unread = any(map(_unread, problems))
    shared = shared_keys(before.params, after.params)
    return (changes or None) if unread else changes, [problem.message for problem in problems], shared


def _read(side: Evidence, other: Evidence) -> set[str]:
    """The parameter files of a side that the other one did not fail to read: nothing of those is gone."""
    return {*side.params} - {problem.path for problem in other.problems if _unread(problem)}


def _unread(problem: Problem) -> bool:
    return problem.code != "missing"


def _lost(project: Project) -> list[str]:
    from mlgit.project.compare.outputs import unreadable

    return [f"`{path}` cannot be read: {why}" for path, why in unreadable(project)]


def _evidence(project: Project, old: Side, new: Side) -> list[Evidence]:
    """Both states; a metric file that the mlgit.yaml of one names is read in the other as well."""
    sides = (old, new)
    for side in sides:
        if not side.empty:
            project.tree(side.commit).prepare()
    rules = [Config(declared=False) if side.empty else _config(project, side.commit) for side in sides]
    return [
        Evidence(label=side.label, commit=None, pipeline=Pipeline())
        if side.empty
        else evidence(project, side.commit, staleness=False, globs=added_globs(other, own))
        for side, own, other in zip(sides, rules, reversed(rules), strict=True)
    ]


def _config(project: Project, commit: str | None) -> Config:
    """The mlgit.yaml there; empty if it is invalid: changes then only lack their colours."""
    try:
        return project.config(commit)
    except ConfigError:
        return Config(declared=False)


def _contents(
    project: Project,
    old: tuple[Side, Evidence],
    new: tuple[Side, Evidence],
    parts: Collection[str],
    *,
    show_unchanged: bool,
) -> tuple[tuple[ContentChange, ...] | None, tuple[ContentChange, ...] | None]:
    """Changes of data and of models; None for a part that is not compared."""
    if not {"data", "models"} & set(parts):
        return None, None
    from mlgit.project.compare.outputs import table_rows

    owners = _model_paths(project, old) | _model_paths(project, new)
    changes = content_changes(*_both_contents(project, old, new), show_unchanged=show_unchanged)
    data = models = None
    if "data" in parts:
        data = tuple(
            replace(
                each,
                old_rows=table_rows(project, old[1], each.path, each.old_md5),
                new_rows=table_rows(project, new[1], each.path, each.new_md5),
            )
            for each in changes
            if each.path not in owners
        )
    if "models" in parts:
        others = [*_not_whole(project, old, new, owners, changes, show_unchanged=show_unchanged)]
        seen = {each.path for each in others if each is not None}
        whole = [each for each in changes if each.path not in seen]
        known = [each for each in (*whole, *others) if each is not None and each.path in owners]
        models = None if None in others and not known else _versioned(project, known, owners, old[0], new[0])
    return data, models


def _both_contents(
    project: Project, old: tuple[Side, Evidence], new: tuple[Side, Evidence]
) -> list[dict[str, Content]]:
    """Path -> content of both sides; what is an output of only one may be a file of Git on the other."""
    from mlgit.project.compare.outputs import contents, in_git

    sides = (old, new)
    found = [dict(contents(project, each)) for _, each in sides]
    only = found[0].keys() ^ found[1].keys()
    for (side, state), known in zip(sides, found, strict=True):
        if not side.empty:
            known.update(in_git(project, state, only - known.keys()))
    for path in only & found[0].keys() & found[1].keys():
        before, after = (_files(project, *side, path) for side in sides)
        if before and before == after:
            found[1][path] = found[0][path]
    return found


def _versioned(
    project: Project, changes: Iterable[ContentChange], owners: Mapping[str, str], old: Side, new: Side
) -> tuple[ContentChange, ...]:
    return tuple(
        replace(
            each,
            model=owners[each.path],
            old_version=_version_at(project, owners[each.path], old.commit),
            new_version=_version_at(project, owners[each.path], new.commit),
        )
        for each in changes
    )


def _not_whole(
    project: Project,
    old: tuple[Side, Evidence],
    new: tuple[Side, Evidence],
    paths: Iterable[str],
    changes: Sequence[ContentChange],
    *,
    show_unchanged: bool,
) -> Iterator[ContentChange | None]:
    """Changes of the models that are not a whole output: in Git, in an output, or a folder with outputs.

    A whole output is one of them if only the files differ that Git has in it. Their sizes are not looked up.
    None: whether a model changed is not known on this machine.
    """
    sides = (old, new)
    outs = [{out.path for out in known.pipeline.outputs if not out.metric} for _, known in sides]
    outputs = outs[0] | outs[1]
    differing = {each.path for each in changes if each.kind != "unchanged"}
    for path in sorted({*paths} & outs[0] & outs[1] - differing):
        added = [_added(project, *side, path) for side in sides]
        if added[0] != added[1]:
            yield ContentChange(path=path, kind="modified")
    for path in sorted(set(paths) - outputs):
        around = any(path.startswith(f"{out}/") for out in outputs)
        if around and not any(path.startswith(f"{out}/") for out in differing):
            kind: Kind | None = "unchanged"
        else:
            before, after = (_files(project, *side, path) for side in sides)
            kind = None if before is None or after is None else _kind(before, after)
            if before == after == {} and not around:
                continue
            if kind == "unchanged" and any(_meet(path, out) for out in differing):
                kind = "unchanged" if around else "modified"
        if kind is None:
            yield None
        elif kind != "unchanged" or show_unchanged:
            yield ContentChange(path=path, kind=kind)


def _kind(before: Mapping[str, str], after: Mapping[str, str]) -> Kind:
    if not before or not after:
        return "removed" if before else "added" if after else "unchanged"
    return "unchanged" if before == after else "modified"


def _added(project: Project, side: Side, known: Evidence, path: str) -> Mapping[str, str]:
    from mlgit.project.pipeline.git_files import added_files

    return {} if side.empty else added_files(project, side.commit, path, known.pipeline.outputs)


def _files(project: Project, side: Side, known: Evidence, path: str) -> Mapping[str, str] | None:
    """Path -> digest of the model's files; None if the listing of the output that has it is not here."""
    if side.empty:
        return {}
    outputs = [out for out in known.pipeline.outputs if out.cached]
    around = next((out for out in outputs if path.startswith(f"{out.path}/")), None)
    if around is None:
        from mlgit.project.pipeline.git_files import git_files

        within = {out.path: out.owner for out in outputs if out.path.startswith(f"{path}/")}
        return {**within, **git_files(project, side.commit, path)}
    from mlgit.project.pipeline.local_files import hashes_on_disk, recorded_files

    legacy = around.pointer is not None and around.pointer.legacy
    md5 = hashes_on_disk(project).md5(path, legacy=legacy) if side.commit is None else None
    if md5 is not None and not md5.endswith(".dir"):
        return {path: md5}
    recorded = dict(recorded_files(project, around, path))
    found = {name: pointer.md5 for name, pointer in recorded.items() if pointer is not None}
    return found if len(found) == len(recorded) else None


def _meet(path: str, other: str) -> bool:
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def _model_paths(project: Project, side: tuple[Side, Evidence]) -> dict[str, str]:
    """Path -> model, declared in mlgit.yaml or as a DVC artifact."""
    state, pipeline = side[0], side[1].pipeline
    found = {item.path: item.name for item in pipeline.artifacts if item.type in {None, "model"}}
    try:
        models = project.config(state.commit).models
    except ConfigError:
        models = {}
    return found | {model.path: name for name, model in models.items() if model.path is not None}


def _version_at(project: Project, model: str, commit: str | None) -> str | None:
    """The version that is registered on exactly this commit."""
    if commit is None:
        return None
    from mlgit.project.registry.read import read_model

    found = [each.version for each in read_model(project, model).versions if each.commit == commit]
    return str(found[-1]) if found else None
