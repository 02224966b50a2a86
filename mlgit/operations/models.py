"""Models: every model with its latest version and what its environments hold, from local tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.listing import ModelList, model_entry, order_environments
from mlgit.project.models import declared_models, require_model
from mlgit.project.registry import read_registry, tags_as_of

if TYPE_CHECKING:
    from mlgit.project.open import Project


def list_models(project: Project, *, model: str | None = None, fetch: bool = False) -> ModelList:
    """All models, or one; with `fetch` trunk and tags are fetched first.

    Raises:
        UnknownReference: there is no such model.
        ToolError: the remote does not answer.
    """
    if fetch:
        from mlgit.project.write import refresh

        refresh(project)
    registry = read_registry(project, model=model)
    declared = declared_models(project)
    if model is not None and model not in declared and model not in registry.models:
        require_model(project, model)
    environments = tuple(project.trunk_config.environments)
    names = sorted({*declared, *registry.models}) if model is None else [model]
    entries = tuple(
        model_entry(
            registry.model(name),
            path=declared.get(name),
            declared=name in declared,
            environments=environments,
        )
        for name in names
    )
    found = {each.environment for entry in entries for each in entry.environments}
    return ModelList(
        models=entries,
        environments=order_environments(environments, found),
        remote=project.remote,
        tags_as_of=tags_as_of(project),
        told_at=project.now,
    )
