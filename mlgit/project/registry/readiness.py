"""Readiness: what trunk could not use of a state's declarations, asked by every command in the same way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.tags.objects import list_tags
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.pipeline.model_files import meets, model_path
from mlgit.core.registry.readiness import (
    Files,
    KnownNames,
    Unready,
    kept_back,
    model_problem,
    refused_names,
    ungated_models,
    unread_files,
)
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import word
from mlgit.errors import AnswerNo, ConfigError, Location, StateError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.git_files import unusable_files
from mlgit.project.pipeline.local_files import cached_listing
from mlgit.project.registry.models import declared_models, declared_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.config.file import Config
    from mlgit.core.registry.replay import Registry
    from mlgit.core.registry.state import RegisteredVersion
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.open import Project

_NAMES: WeakKeyDictionary[Project, KnownNames] = WeakKeyDictionary()


def unready(project: Project, commit: str | None, *, registry: Registry | None = None) -> tuple[Unready, ...]:
    """What no release or promotion could use if this state (None: the working tree) became trunk.

    Nothing is asked of a remote. `registry` saves listing the tags.

    Raises:
        ConfigError: `mlgit.yaml`, dvc.yaml, dvc.lock or a .dvc file there is invalid.
    """
    if registry is not None:
        _NAMES.setdefault(project, _names_of(registry))
    return (
        *unread_files(project.tree(commit).paths(), config=CONFIG_FILE, waivers=WAIVERS_FILE),
        *_refused_names(project, commit),
        *_model_problems(project, commit),
        *ungated_models(project.config(commit)),
        *_idle_gates(project.config(commit)),
    )


def _idle_gates(config: Config) -> Iterator[Unready]:
    """Gates that nothing evaluates."""
    if all(each.when == "check" for each in config.gates.values()):
        return
    from mlgit.core.gates.evaluate import never_selected

    for gate in never_selected(config):
        yield Unready(
            code="gate_not_evaluated",
            subject=gate.id,
            message=f"No check, release or promotion evaluates the gate `{gate.id}`: it has `when: promote`, "
            "and no environment has it in `gates:`",
            severity="warn",
            hint=f"add `{gate.id}` to `gates:` of an environment, or take `when: promote` out of it",
            line=gate.line,
        )


def require_usable_name(project: Project, commit: str | None, name: str) -> None:
    """Refuse a model or environment that a state (None: the working tree) declares by a name that is refused.

    Raises:
        ConfigError: with its line in `mlgit.yaml`.
    """
    found = next((each for each in _refused_names(project, commit) if each.subject == name), None)
    if found is not None and found.severity == "error":
        file = CONFIG_FILE if commit is None else f"{commit[:7]}:{CONFIG_FILE}"
        raise ConfigError(found.message, hint=found.hint, location=Location(file, line=found.line))


def require_usable_version(project: Project, version: RegisteredVersion) -> None:
    """Refuse to promote, accept or deploy a version whose commit does not have its model.

    Raises:
        StateError: see `require_released_model`.
        AnswerNo: see `require_own_files`.
        ConfigError: `mlgit.yaml` or dvc.yaml at its commit is invalid.
    """
    stated = version.statement
    if stated is None:
        path = declared_models(project, version.commit).get(version.model)
    else:
        path = declared_path(project, version.model, version.commit)
        require_own_files(stated, path)
    require_released_model(project, version.model, version, path)


def require_own_files(statement: ReleaseStatement, path: str | None) -> None:
    """Refuse a release whose stated files are all somewhere else than its model.

    Raises:
        AnswerNo: the release was written by hand.
    """
    if path is None or not statement.files or any(meets(file.path, path) for file in statement.files):
        return
    name = f"{statement.model}@{statement.version}"
    raise AnswerNo(
        f"`{name}` states `{statement.files[0].path}`, and the model `{statement.model}` is `{path}`",
        details=(f"stated {statement.files[0].path}", f"found  nothing of that in {path}"),
        hint=f"mlgit did not write that release; reject it with `mlgit deregister {word(name)} -m REASON`",
    )


def require_released_model(
    project: Project, model: str, version: RegisteredVersion, path: str | None
) -> None:
    """Refuse to promote a version whose commit does not have the model at the path that it declares.

    A version of another tool may declare none. One that states that its data is elsewhere may be promoted.

    Raises:
        StateError: no one could deploy it.
    """
    stated = version.statement
    found = problem_of_model(project, version.commit, model, path)
    if found is None or found.severity == "info" or (stated is not None and stated.data_elsewhere):
        return
    hint = f"release it again, or reject it: `mlgit deregister {model}@{version.version} -m '…'`"
    raise StateError(found.message, hint=hint)


def problem_of_model(project: Project, commit: str | None, model: str, path: str | None) -> Unready | None:
    """Why nothing could be released as a model at a state; None if its path is an output or a file in Git."""
    pipeline = evidence(project, commit, staleness=False).pipeline
    line = project.config(commit).models.get(model)
    return model_problem(
        model, path, pipeline, _files(project, commit), line=None if line is None else line.line
    )


def _refused_names(project: Project, commit: str | None) -> Iterator[Unready]:
    artifacts = evidence(project, commit, staleness=False).pipeline.artifacts
    return refused_names(
        project.config(commit),
        artifacts=[each.name for each in artifacts if each.type in {None, "model"}],
        tagged=partial(_tagged, project),
    )


def _model_problems(project: Project, commit: str | None) -> Iterator[Unready]:
    pipeline, files = evidence(project, commit, staleness=False).pipeline, _files(project, commit)
    for name, model in project.config(commit).models.items():
        path = model_path(model, pipeline)
        found = model_problem(name, path, pipeline, files, line=model.line)
        found = found or kept_back(name, path, pipeline, line=model.line)
        if found is not None:
            yield found


def _files(project: Project, commit: str | None) -> Files:
    label = "in the working tree" if commit is None else f"at {commit[:7]}"
    return Files(
        label=label,
        paths=project.tree(commit).paths(),
        members=partial(cached_listing, project),
        unusable=partial(unusable_files, project, commit),
        deleted=lambda: () if commit is not None else project.head.deleted,
    )


def _tagged(project: Project) -> KnownNames:
    known = _NAMES.get(project)
    if known is None:
        tags = [tag for tag in map(parse_tag, list_tags(project.git)) if tag is not None]
        models = frozenset(tag.model for tag in tags)
        environments = frozenset(tag.environment or "" for tag in tags)
        known = _NAMES[project] = KnownNames(models=models, environments=environments)
    return known


def _names_of(registry: Registry) -> KnownNames:
    models = registry.models.values()
    environments = {name for model in models for name in model.environments}
    return KnownNames(models=registry.models.keys(), environments=environments)
