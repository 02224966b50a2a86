"""Next release: the release or promotion to suggest when nothing else is left to do."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.overview.status import ModelLine, NextStep
from mlgit.core.release.promotion import check_promotion, choose_version, was_taken_out
from mlgit.core.wording import word
from mlgit.errors import MlgitError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.git_files import git_files
from mlgit.project.pipeline.local_files import cache_of
from mlgit.project.release.provenance import output_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlgit.core.config.file import Environment
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project

_MOST_READ = 10
"""Of versions without a statement, only so many are read from their commits."""


def next_release(
    project: Project,
    lines: Sequence[ModelLine],
    *,
    registry: Registry | None,
    state: Evidence | None,
    paths: Mapping[str, str | None],
    environments: Mapping[str, Environment],
    unready: Collection[str] = (),
) -> NextStep | None:
    """The first release of new content on trunk or, without one, the first promotion of a released version.

    `registry` and `state`, the pipeline in the working tree, are None if they cannot be read. `paths` has the
    path of each declared model; `environments` are those that trunk declares, in their order. No model or
    environment of `unready` is proposed, because the command would refuse it.
    """
    trunk, head = project.trunk, project.head.commit
    on_trunk = trunk is not None and trunk.commit == head
    for line in lines:
        # A commit is at most one version of a model, even if that version is deregistered.
        model = None if registry is None else registry.models.get(line.model)
        released = model is not None and bool(model.at_commit(head or ""))
        path = paths.get(line.model)
        ready = line.model not in unready and _has_storage(project, state, path)
        new = on_trunk and not released and path and ready and _is_new(project, line, state, path)
        if new and not _is_known(project, model, path):
            none = "and has no version yet" if model is None or not model.versions else "and has no version"
            since = f"since {line.latest}" if line.latest else none
            return NextStep(command=f"mlgit release {line.model}", reason=f"`{line.model}` is new {since}")
        declared = line.model in paths or not paths
        step = None if model is None or not declared else _promotion(project, line, model, environments)
        if step is not None and not {*unready} & {line.model, step.command.rpartition(" ")[2]}:
            return step
    return None


def _is_new(project: Project, line: ModelLine, state: Evidence | None, path: str) -> bool:
    """Whether the model's content differs from its latest version."""
    now = _content(project, project.head.commit, state, path)
    if now is None or line.latest_commit is None:
        return now is not None
    if line.latest_commit == project.head.commit:
        return False
    before = evidence(project, line.latest_commit, staleness=False)
    return _content(project, line.latest_commit, before, path) != now


def _is_known(project: Project, model: ModelState | None, path: str | None) -> bool:
    """Whether a release would only repeat or refuse a version with this content, wherever its file was."""
    counting = None if model is None else _counting(project, model)
    if counting is None or project.head.commit is None:
        return False
    from mlgit.project.release.readiness import rejected_model, same_model

    newest = counting.versions[-_MOST_READ:]
    read = [each for each in counting.versions if each.statement is not None or each in newest]
    asked = project, replace(counting, versions=tuple(read)), project.head.commit, path
    return same_model(*asked, final=True) is not None or rejected_model(*asked) is not None


def _content(project: Project, commit: str | None, state: Evidence | None, path: str) -> object:
    """DVC's hash of a model, or else the ids that Git has for its files; None if there is no model."""
    outputs = () if state is None else state.pipeline.outputs
    found = next((out for out in outputs if out.path == path), None)
    if found is not None and found.cached:
        return found.pointer and found.pointer.md5
    return (None if commit is None else git_files(project, commit, path)) or None


def _has_storage(project: Project, state: Evidence | None, path: str | None) -> bool:
    """Whether a release could find the model in a DVC remote; without a Git remote it needs none."""
    output = output_of(state.pipeline, path) if state is not None else None
    if project.remote is None or output is None or not output.cached or output.foreign or output.remote:
        return True
    cache = cache_of(project, output.path)
    return cache is not None and cache.remote is not None


def _promotion(
    project: Project, line: ModelLine, state: ModelState, environments: Mapping[str, Environment]
) -> NextStep | None:
    """The first declared environment that could take a newer version."""
    held = {each.environment: each for each in line.environments}
    for name, environment in environments.items():
        if name not in held or held[name].held:
            continue
        version = _offered(state, environment)
        if version is not None and held[name].version != str(version.version):
            version = _offered(_counting(project, state), environment)
        if version is None or held[name].version == str(version.version):
            continue
        if was_taken_out(state.environment(name), version):
            continue
        counting = _counting(project, state)
        if counting is None or counting.environment(name).doubt is not None:
            continue
        if held[name].version is None and _is_there_already(project, state, environment):
            continue
        if _is_blocked(project, line.model, name, version):
            continue
        where = "is released" if environment.source is None else f"is in `{environment.source}`"
        return NextStep(
            command=f"mlgit promote {line.model} --to {word(name)}",
            reason=f"`{line.model}` {version.version} {where}",
        )
    return None


def _is_blocked(project: Project, model: str, environment: str, version: RegisteredVersion) -> bool:
    """Whether gates fail for the promotion; what is only not known here may be fetched by it."""
    from mlgit.project.gates.judge import Question, judge
    from mlgit.project.release.gate_check import UNFIT

    question = Question(
        purpose="promote",
        models=(model,),
        environment=environment,
        candidate=version.commit,
        ci=os.environ,
    )
    try:
        results = judge(project, question).results
    except MlgitError:
        return False
    return any(
        each.effect == "block" and (each.outcome == "fail" or each.reason in UNFIT) for each in results
    )


def _counting(project: Project, state: ModelState) -> ModelState | None:
    """The state without the tags that do not count; None if that is not known here."""
    from mlgit.project.trust.accept import accept

    try:
        return accept(project, state)
    except MlgitError:
        return None


def _offered(state: ModelState | None, environment: Environment) -> RegisteredVersion | None:
    """The version that `mlgit promote` would choose and accept; gates are not evaluated."""
    if state is None:
        return None
    try:
        version = choose_version(state, environment, None)
        check_promotion(state, environment, version, downgrade=False)
    except MlgitError:
        return None
    return version


def _is_there_already(project: Project, state: ModelState, environment: Environment) -> bool:
    """Whether an environment holds the same commit or content of a model, or may, under its name before."""
    from mlgit.project.registry.former_names import name_in_environment
    from mlgit.project.registry.models import known_models
    from mlgit.project.registry.read import read_model
    from mlgit.project.trust.accept import accept

    def read(name: str) -> ModelState:
        return accept(project, read_model(project, name))

    name = name_in_environment(project, state.name, environment.name, None, read)
    here = read(name).environment(environment.name)
    if name == state.name or here.commit is None or here.doubt is not None:
        return here.doubt is not None
    version = choose_version(state, environment, None)
    if version.commit == here.commit:
        return True
    sides = ((here.commit, name), (version.commit, state.name))
    before, after = (known_models(project, commit).get(each) for commit, each in sides)
    if before is None or after is None or (digest := before.digest()) is None:
        return False
    return digest == after.digest()
