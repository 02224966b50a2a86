"""Former names: models that live in an environment under a name that nothing declares anymore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import MlgitError
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.read import read_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

    _Read = Callable[[str], ModelState]

_MOST_VERSIONS = 20


def undeclared(project: Project, environment: str, read: _Read) -> Iterator[EnvironmentState]:
    """The environment of each model that was ever there and that trunk does not declare.

    `read` returns the state of a model.
    """
    declared = declared_models(project, None if project.trunk is None else project.trunk.commit)
    for name, raw in sorted(read_registry(project).models.items()):
        if name in declared or environment not in raw.environments:
            continue  # asking which of its tags count takes longer
        found = read(name).environments.get(environment)
        if found is not None and found.changes:
            yield found


def name_in_environment(
    project: Project, name: str, environment: str, commit: str | None, read: _Read
) -> str:
    """The name under which a model is in an environment: its own, or the one that it had before a rename.

    A model was renamed if trunk no longer declares the old name, and a version of it was declared at the path
    that the model has at `commit`. Of several such models, the one that was changed there last is meant.
    """
    own = read(name).environments.get(environment)
    if own is not None and (own.changes or own.doubt is not None):
        return name
    path = declared_models(project, commit).get(name)
    if path is None:
        return name
    former = [
        held for held in undeclared(project, environment, read) if path in _paths(project, read(held.model))
    ]
    return max(former, key=_changed_at_s).model if former else name


def _changed_at_s(held: EnvironmentState) -> tuple[int, str]:
    return held.changes[-1].fact.tagged_at_s, held.model


def _paths(project: Project, state: ModelState) -> Iterator[str | None]:
    """Where the newest versions of a model declared it."""
    for version in state.versions[-_MOST_VERSIONS:]:
        try:
            yield declared_models(project, version.commit).get(state.name)
        except MlgitError:  # the rules of that commit are invalid
            continue
