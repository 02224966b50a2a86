"""Before a rename: what people did with a model, or in an environment, under a name of before.

A rollback, an emptied environment and a deregistration are about the content, whatever its name is now.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.wording import word
from mlgit.errors import ConfigError, StateError
from mlgit.project.registry.former_names import name_in_environment
from mlgit.project.registry.models import declared_models, model_content, version_content
from mlgit.project.registry.read import read_model, read_registry
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion
    from mlgit.project.open import Project


def environment_before(
    project: Project, model: str, environment: str, commit: str | None, *, local: bool = False
) -> EnvironmentState | None:
    """The environment under a former name, of the model or its own, until something is done under both."""
    from mlgit.project.registry.former_environments import place_of, replaced_in_steps

    read = partial(_counting, project, local=local)
    place, name = place_of(project, model, environment, commit, read)
    if (place, name) == (environment, model):
        return replaced_in_steps(project, model, environment, commit, read)
    return read(name).environment(place)


def name_there(project: Project, model: str, environment: str) -> str:
    """The name under which a model is in an environment: an earlier one until a promotion under its own."""
    try:
        return name_in_environment(project, model, environment, None, partial(_counting, project, local=None))
    except ConfigError:  # going back must work without valid rules, too
        return model


def require_own_name(project: Project, model: str, environment: str) -> None:
    """Refuse to roll back under a name that an environment does not have yet.

    Raises:
        StateError: it has an earlier name of the model.
    """
    name = name_there(project, model, environment)
    if name != model:
        raise StateError(
            f"`{environment}` has no version of `{model}` to go back to, but has its earlier name `{name}`",
            hint=f"run `mlgit rollback {word(name)} --env {word(environment)} -m REASON`",
        )


def _counting(project: Project, name: str, *, local: bool | None) -> ModelState:
    return accept(project, read_model(project, name), local=local)


def deregistered_before(project: Project) -> Iterator[RegisteredVersion]:
    """The deregistered versions of every model that trunk does not declare, newest first."""
    trunk = project.trunk
    declared = declared_models(project, None if trunk is None else trunk.commit)
    for name, state in sorted(read_registry(project).models.items()):
        if name not in declared:
            yield from (each for each in reversed(state.versions) if each.deregistered)


def rejected_before(
    project: Project, state: ModelState, commit: str, path: str | None
) -> RegisteredVersion | None:
    """The deregistered version of a former name with the content of a commit.

    None if a version of `state`, the model under its name of now, has that content.
    """
    former = tuple(deregistered_before(project))
    mine = model_content(project, commit, path) if former else None
    if mine is None:
        return None

    def same(version: RegisteredVersion) -> bool:
        return version_content(project, version, path, like=mine) == mine

    return None if any(map(same, state.versions)) else next(filter(same, former), None)
