"""Model files: which metric files belong to which model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.globs import glob_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.config.file import Model
    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage


_NO_CONTENT = (".dvc", "/.gitignore", "/.dvcignore", "/dvc.yaml", "/dvc.lock")


def is_content(path: str) -> bool:
    """Whether a file of Git in a model's folder is part of the model, and not of what DVC or Git read."""
    return not f"/{path}".endswith(_NO_CONTENT)


def files_of_model(model: Model | None, evidence: Evidence, *, alone: bool) -> tuple[MetricFile, ...]:
    """The metric files of a model, sorted by path; all files belong to a model that is `alone` or unnamed."""
    files = sorted(evidence.metric_files, key=lambda file: file.path)
    if model is not None and model.metrics is not None:
        patterns = [glob_pattern(glob) for glob in model.metrics]
        return tuple(file for file in files if any(pattern.fullmatch(file.path) for pattern in patterns))
    if model is None or alone:
        return tuple(files)
    path = model_path(model, evidence.pipeline)
    if path is None:
        return ()
    stages = connected_stages(path, evidence.pipeline)
    owners = {out.path: out.owner for out in evidence.pipeline.outputs}
    return tuple(file for file in files if (file.stage or _owner(file.path, owners) or "") in stages)


def measured_files(files: Iterable[MetricFile], before: Iterable[MetricFile]) -> frozenset[str]:
    """The metric files that do not count as part of the model that has them in its folder.

    A stage makes them, or they are in `before`, those of the target: a change does not take a file out of the
    model by naming it as a metric.
    """
    made = {file.path for file in files if file.stage is not None}
    return frozenset(made | {file.path for file in before})


def model_path(model: Model, pipeline: Pipeline) -> str | None:
    """The model's path from mlgit.yaml, otherwise from `artifacts:` of dvc.yaml."""
    if model.path is not None:
        return model.path
    return next((item.path for item in pipeline.artifacts if item.name == model.name), None)


def made_by_stage(model: Model | None, pipeline: Pipeline) -> bool:
    """Whether a stage makes the model's file, or a file in its folder."""
    path = None if model is None else model_path(model, pipeline)
    return path is not None and any(meets(out.path, path) for stage in pipeline.stages for out in stage.outs)


def connected_stages(path: str, pipeline: Pipeline) -> frozenset[str]:
    """Addresses of the stage that makes `path`, and of all stages before and after it."""
    makers = {stage.address for stage in pipeline.stages if any(meets(out.path, path) for out in stage.outs)}
    readers = {stage.address for stage in pipeline.stages if any(meets(dep, path) for dep in stage.deps)}
    before = _closure(makers, pipeline.stages, forward=False)
    after = _closure(makers | readers, pipeline.stages, forward=True)
    return frozenset(before | after)


def stages_before(address: str, pipeline: Pipeline) -> frozenset[str]:
    """Addresses of a stage and of all stages before it."""
    return frozenset(_closure([address], pipeline.stages, forward=False))


def with_repeated(files: tuple[MetricFile, ...], pipeline: Pipeline) -> tuple[MetricFile, ...]:
    """The metric files with the stages that they come from and that DVC runs whatever their inputs are."""
    always = {stage.address for stage in pipeline.stages if stage.always_changed}
    if not always:
        return files
    return tuple(
        replace(file, repeated=tuple(sorted(always & stages_before(file.stage, pipeline))))
        if file.stage
        else file
        for file in files
    )


def outputs_of(path: str, outputs: Iterable[Output]) -> tuple[Output, ...]:
    """DVC's cached outputs that are `path`, are in it, or contain it."""
    return tuple(output for output in outputs if output.cached and meets(output.path, path))


def _owner(path: str, owners: dict[str, str]) -> str | None:
    return next((owner for out, owner in owners.items() if meets(out, path)), None)


def meets(one: str, other: str) -> bool:
    """Whether the paths are the same or one is inside the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _closure(start: Iterable[str], stages: Sequence[Stage], *, forward: bool) -> set[str]:
    """The stages reached from `start` along (or against) the flow of data, `start` included."""
    found = set(start)
    newest = [stage for stage in stages if stage.address in found]
    while newest:
        newest = [
            stage
            for stage in stages
            if stage.address not in found
            and any(_feeds(known, stage) if forward else _feeds(stage, known) for known in newest)
        ]
        found.update(stage.address for stage in newest)
    return found


def _feeds(maker: Stage, reader: Stage) -> bool:
    return any(meets(out.path, dep) for out in maker.outs for dep in reader.deps)
