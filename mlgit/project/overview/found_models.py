"""Found models: what `mlgit init` takes for models and their metrics, and where."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE, Model
from mlgit.core.config.names import read_model_name
from mlgit.core.globs import any_time, latest
from mlgit.core.overview.candidates import metrics_by_likelihood, models_in_git, models_of_pipeline
from mlgit.core.pipeline.metrics import number
from mlgit.core.pipeline.model_files import meets
from mlgit.core.record import record
from mlgit.core.wording import words
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.git_files import lfs_pointers
from mlgit.project.registry.readiness import problem_of_model

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.core.pipeline.stages import Output
    from mlgit.project.open import Project

_MOST_FILES = 20
_MOST_MODELS = 5
_NO_NAMES = frozenset({"", "model", "models", "weights", "best", "final", "checkpoint", "pytorch-model"})


@record
class FoundModel:
    """A model and where it was found; without `sure`, it may also be something else.

    `elsewhere` is the declared path of a model that is not in the repository.
    """

    model: Model
    where: str
    sure: bool = True
    elsewhere: str = ""


@record
class FoundModels:
    """The models with their metrics, those that may be something else, and why others are left out.

    `sources` says where each model was found. `evidence` has the metric files that Git alone has, too.
    """

    models: tuple[Model, ...]
    sources: Mapping[str, str]
    doubtful: tuple[tuple[Model, str], ...]
    evidence: Evidence
    left_out: tuple[str, ...] = ()


def find_models(
    project: Project,
    found: Evidence,
    *,
    tagged: Collection[str],
    artifacts: Mapping[str, str],
    declared: Sequence[Model] = (),
) -> FoundModels:
    """The `declared` models or else those of `artifacts:`, of old GTO files, of a pipeline, or of Git.

    `tagged` are the names that tags know, `artifacts` the paths of an old `artifacts.yaml`.
    """
    named, left_out = _named(project, found, tagged, artifacts)
    each: Sequence[FoundModel] = [FoundModel(model=model, where=CONFIG_FILE) for model in declared]
    each = each or named or _usable(_outputs(project, found)) or _usable(_files(project, found))
    sources = {one.model.name: f"{one.model.path or one.elsewhere} ({one.where})" for one in each if one.sure}
    models = tuple(one.model for one in each if one.sure)
    if not found.metric_files and (metrics := _metrics_in_git(project, found)):
        found = replace(found, metric_files=metrics)
        if not models:
            models = (Model(name=new_name(project.root)),)
            left_out.append(_no_file(project))
        models = _with_own_metrics(models, metrics)
    doubtful = tuple((one.model, f"{one.where} makes it") for one in each if not one.sure)
    return FoundModels(
        models=models, sources=sources, doubtful=doubtful, evidence=found, left_out=tuple(left_out)
    )


def _named(
    project: Project, found: Evidence, tagged: Collection[str], artifacts: Mapping[str, str]
) -> tuple[list[FoundModel], list[str]]:
    """Models of `artifacts:` and of an old `artifacts.yaml`; those that nothing has are left out."""
    named = [
        FoundModel(
            model=Model(
                name=item.name,
                path=None if _is_elsewhere(item.path) else item.path,
                description=item.description,
            ),
            where="artifacts in dvc.yaml",
            elsewhere=item.path,
        )
        for item in found.pipeline.artifacts
        if item.type in {None, "model"} or item.name in tagged
    ]
    named += [
        FoundModel(model=Model(name=name, path=path), where="artifacts.yaml")
        for name, path in artifacts.items()
    ]
    there, left_out = [], []
    for each in _usable(named):
        problem = problem_of_model(project, None, each.model.name, each.model.path)
        if problem is not None and problem.code == "model_not_found":
            left_out.append(f"the model `{each.model.name}` ({each.where}) is left out: {problem.message}")
        else:
            there.append(each)
    return there, left_out


def _metrics_in_git(project: Project, found: Evidence) -> tuple[MetricFile, ...]:
    """Files that look like metrics and have a number, though nothing declares them; the usual names first.

    Of those that a trainer writes side by side, the one that has all; of results with a time in their names,
    the latest.
    """
    outputs = [out.path for out in found.pipeline.outputs]
    paths = [path for path in _on_disk(project) if not any(meets(out, path) for out in outputs)]
    likely = latest(_whole_results(metrics_by_likelihood(paths)))[:_MOST_FILES]
    if not likely:
        return ()
    read = evidence(project, None, globs=tuple(likely))
    files = {file.path: file for file in read.metric_files if not file.problems}
    return tuple(
        files[path]
        for path in likely
        if path in files and any(number(value) is not None for value in files[path].values.values())
    )


def _no_file(project: Project) -> str:
    """Why the only model has no file: Git ignores the one that looks like it, or there is none."""
    listing = project.git.run(
        *("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--full-name", "--", ":/")
    )
    paths = models_in_git(listing.decode("utf-8", "surrogateescape").split("\0"))
    if not paths:
        return "the file of the model was not found; a release needs its `path:`"
    path = min(paths, key=lambda each: (each.count("/"), each))
    first = "" if os.path.isdir(os.path.join(project.root, ".dvc")) else "dvc init && "
    command = f"{first}{words(('dvc', 'add', path))} && mlgit init --force"
    return f"`{path}` may be the model, but Git ignores it; to release it, run `{command}`"


def _with_own_metrics(models: Sequence[Model], metrics: Sequence[MetricFile]) -> tuple[Model, ...]:
    """The models with the metric files in their folder, or with their name; one model has all."""
    if len(models) == 1:
        return (_with(models[0], [file.path for file in metrics]),)
    return tuple(_with(each, [file.path for file in metrics if _fits(file.path, each)]) for each in models)


def new_name(path: str) -> str:
    """A model's name from its path: `models/churn/model.pkl` is the model `churn`."""
    stem = os.path.splitext(os.path.basename(path))[0].lower()
    name = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:63].strip("-")
    folder = os.path.dirname(path)
    above = new_name(folder) if name in _NO_NAMES and folder else ""
    return above if above and above not in _NO_NAMES else name or "model"


def _outputs(project: Project, found: Evidence) -> list[FoundModel]:
    sure, doubtful = models_of_pipeline(found.pipeline)
    return [
        FoundModel(model=_new_model(project, out.path), where=_maker(out), sure=out in sure)
        for out in (*sure, *doubtful)
    ]


def _new_model(project: Project, path: str) -> Model:
    return Model(name=new_name(os.path.join(project.root, path)), path=path)


def _maker(out: Output) -> str:
    return out.owner if out.owner.endswith(".dvc") else f"stage {out.owner}"


def _files(project: Project, found: Evidence) -> list[FoundModel]:
    outputs = [out.path for out in found.pipeline.outputs]
    paths = models_in_git(path for path in _on_disk(project) if not any(meets(out, path) for out in outputs))
    return [
        FoundModel(
            model=_new_model(project, path),
            where=_keeper(project, path),
            sure=number < _MOST_MODELS,
        )
        for number, path in enumerate(paths)
    ]


def _keeper(project: Project, path: str) -> str:
    commit = project.head.commit
    committed = () if commit is None else project.tree(commit).paths()
    if commit is None or not any(meets(each, path) for each in committed):
        return "not committed yet"
    kind = "file" if path in committed else "folder"
    return f"a {kind} in Git LFS" if lfs_pointers(project, commit, path) else f"a {kind} in Git"


def _on_disk(project: Project) -> list[str]:
    """Every file that Git tracks or does not ignore, and that is there."""
    return [path for path in project.worktree.paths() if project.worktree.identity(path) is not None]


def _whole_results(paths: Sequence[str]) -> list[str]:
    whole = {path.rpartition("/")[0] for path in paths if path.endswith("all_results.json")}
    kept = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder not in whole or name == "all_results.json" or not name.endswith("_results.json"):
            kept.append(path)
    return kept


def _with(model: Model, paths: Sequence[str]) -> Model:
    return replace(model, metrics=tuple(map(any_time, paths))) if paths else model


def _fits(path: str, model: Model) -> bool:
    folder = path.rpartition("/")[0]
    where = (model.path or "").rpartition("/")[0]
    return (bool(folder) and folder == where) or model.name in new_name(path).split("-")


def _is_elsewhere(path: str) -> bool:
    return "://" in path or path.startswith(("/", "~"))


def _usable(models: Iterable[FoundModel]) -> tuple[FoundModel, ...]:
    """The models with a valid name and path, each name and each path once."""
    kept: dict[str, FoundModel] = {}
    paths: set[str] = set()
    for each in models:
        name, path = each.model.name, each.model.path
        inside = path is None or (path and not path.startswith(("/", "~", "../")) and "://" not in path)
        if read_model_name(name) is None or name in kept or not inside or not (path or "x").isprintable():
            continue
        if path is not None and path in paths:
            continue
        paths.add(path or "")
        kept[name] = each
    return tuple(kept.values())
