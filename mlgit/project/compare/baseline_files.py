"""Baseline files: read the metric files of a baseline by the candidate's rules, and by its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import Config
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.gates.verdict import Baseline
from mlgit.core.pipeline.evidence import Problem
from mlgit.core.pipeline.model_files import files_of_model
from mlgit.core.wording import listed
from mlgit.errors import ConfigError, UnknownReference
from mlgit.project.pipeline.declared import metric_globs
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgit.core.config.file import Model
    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.project.open import Project


def read_baseline(
    project: Project,
    baseline: Baseline,
    model: Model | None,
    *,
    alone: bool,
    name: str | None,
    wanted: Collection[str],
) -> BaselineFiles:
    """The metric files at a baseline's commit; `name` is the model's there.

    `wanted` are the candidate's metric files: a file that is in the baseline's tree is not new, whatever
    the mlgit.yaml of that commit says about it.
    """
    try:
        known = evidence(project, baseline.commit, staleness=False)
        config = _config(project, baseline.commit)
        more = _more(project, model, known, config, wanted)
        every = evidence(project, baseline.commit, staleness=False, globs=more) if more else known
    except ConfigError as error:
        where = f" ({error.location})" if error.location else ""
        message = f"{baseline.label} cannot be read: {error.message}{where}"
        return BaselineFiles(replace(baseline, state="unreadable", message=message))
    every = _completed(project, every)
    return BaselineFiles(
        baseline,
        files=files_of_model(model, every, alone=alone),
        others=tuple(every.metric_files),
        own=_own(config, known, name, only=alone),
        named=tuple((gate.id, gate.metric) for gate in config.gates.values()),
    )


def _config(project: Project, commit: str | None) -> Config:
    """The rules of the baseline; empty if they are invalid: the change may be the one that repairs them."""
    try:
        return project.config(commit)
    except ConfigError:
        return Config(declared=False)


def _completed(project: Project, known: Evidence) -> Evidence:
    """With the metric files that its commit lacks, if they are here as dvc.lock records them there."""
    if not any(problem.code == "unreadable" for file in known.metric_files for problem in file.problems):
        return known
    files = tuple(_recorded_file(project, file, known) for file in known.metric_files)
    return replace(known, metric_files=files)


def _recorded_file(project: Project, file: MetricFile, known: Evidence) -> MetricFile:
    from mlgit.adapters.dvc.data.hashes import bytes_md5
    from mlgit.adapters.dvc.files.values import MAX_BYTES, metric_values
    from mlgit.project.pipeline.local_files import local_files

    out = next((out for out in known.pipeline.outputs if out.path == file.path and not out.cached), None)
    if out is None or out.pointer is None or file.values or file.path in project.tree(known.commit).paths():
        return file
    try:
        content = project.worktree.read(file.path, most_bytes=MAX_BYTES)
    except OSError:
        return file
    if content is None or bytes_md5(content, legacy=out.pointer.legacy) != out.pointer.md5:
        return file
    others: dict[str, str] = {}
    values = metric_values(content, path=file.path, documents=local_files(project).documents, others=others)
    return file if isinstance(values, Problem) else replace(file, values=values, others=others, problems=())


def _more(
    project: Project, model: Model | None, known: Evidence, config: Config, wanted: Collection[str]
) -> tuple[str, ...]:
    """What to read in addition to the files that the baseline itself declares."""
    here = {file.path for file in known.metric_files}
    missing = [path for path in wanted if path not in here]
    if missing:
        tree = project.tree(known.commit)
        there = {*tree.paths(), *(out.path for out in known.pipeline.outputs)}
        missing = [path for path in missing if path in there]
    declared = set(metric_globs(config))
    globs = () if model is None else model.metrics or ()
    # A path without wildcards is read above, if it is there.
    patterns = [glob for glob in globs if glob not in declared and set(glob) & set("*?[")]
    return tuple(dict.fromkeys((*sorted(missing), *patterns)))


def _own(config: Config, known: Evidence, name: str | None, *, only: bool) -> tuple[MetricFile, ...]:
    """The model's metric files by the rules of the baseline.

    A model that the baseline does not name is its only one, if it is also the `only` one of the candidate;
    otherwise it is another model, whose numbers must not be compared with that one's.
    """
    alone = len(config.models) <= 1
    model = config.models.get(name or "")
    if model is None and not (alone and only):
        return ()
    return files_of_model(model or next(iter(config.models.values()), None), known, alone=alone)


def found_at(vs: str, model: str | None, label: str, rule: str, commit: str | None) -> Baseline:
    return Baseline(vs=vs, model=model, state="found", label=label, rule=rule, commit=commit)


def unknown(vs: str, model: str | None, label: str, rule: str, message: str, hint: str | None) -> Baseline:
    return Baseline(vs=vs, model=model, state="unknown", label=label, rule=rule, message=message, hint=hint)


def deepening(project: Project) -> str | None:
    """The command that fetches the rest of a history that is cut off; None if it is whole."""
    from mlgit.project.registry.completeness import clone_repair

    return clone_repair(project) if project.shallow else None


def no_revision(vs: str, model: str | None, error: UnknownReference, *, deepen: str | None) -> Baseline:
    """The baseline of a name that means nothing here; in a clone to `deepen`, it may elsewhere."""
    return Baseline(
        vs=vs,
        model=model,
        state="too_shallow" if deepen else "unreadable",
        label=f"`{vs}`",
        rule="a revision",
        reason=None if deepen else "baseline_unknown",
        message=error.message,
        hint=f"run `{deepen}`" if deepen else error.hint,
    )


def no_trunk(project: Project, model: str | None, rule: str) -> Baseline:
    """The base where trunk is not here."""
    from mlgit.project.registry.completeness import trunk_repair

    message = "Trunk is not in this clone, so it is not known where this branch left it"
    return unknown("base", model, "base", rule, message, f"run `{trunk_repair(project)}`")


def no_base(model: str | None, rule: str, *, deepen: str | None) -> Baseline:
    """The baseline if there is no base; in a clone to `deepen`, there may be one."""
    return Baseline(
        vs="base",
        model=model,
        state="too_shallow" if deepen else "none",
        label="base",
        rule=rule,
        message=f"{'The base is not known here' if deepen else 'There is no base'}: {rule}",
        hint=f"run `{deepen}`" if deepen else None,
    )


def none_at(vs: str, model: str | None, label: str, rule: str, message: str) -> Baseline:
    return Baseline(vs=vs, model=model, state="none", label=label, rule=rule, message=message)


def means_environment(project: Project, vs: str, *, used: bool, announced: Collection[str]) -> bool:
    """Whether a name that trunk does not declare is an environment: `used` by tags, or new here.

    Anyone who can push a tag or write mlgit.yaml could turn a branch's name into an environment.
    """
    if not used and vs not in announced:
        return False
    if project.commit(vs) is None:
        return True
    if used:
        raise UnknownReference(
            f"`{vs}` is a revision, and tags also use it as an environment",
            hint=f"write `heads/{vs}` for the branch, or declare `{vs}` under `environments:` on trunk",
        )
    return False


def only_name(what: str, names: Sequence[str]) -> str | None:
    """The name of the model that a gate without a name is about; None if there is none.

    Raises:
        UnknownReference: it may be any of several.
    """
    if len(names) > 1:
        raise UnknownReference(
            f"{what} of several models: {listed(names)}",
            hint="declare the model under `models:` in `mlgit.yaml`",
        )
    return names[0] if names else None


def quoted(name: str | None) -> str:
    return "the model" if name is None else f"`{name}`"
