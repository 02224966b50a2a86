"""Models: every model with its latest version and what its environments hold, from local tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.entries import ModelList, model_entry, order_environments
from mlgit.core.wording import listed
from mlgit.errors import UnknownReference
from mlgit.project.registry.models import declared_models, require_model
from mlgit.project.registry.read import read_registry, tags_as_of

if TYPE_CHECKING:
    from mlgit.project.open import Project


def list_models(project: Project, *, model: str | None = None, fetch: bool = False) -> ModelList:
    """All models, or one, or those that a pattern (`lung-*`) fits; with `fetch` tags are fetched first.

    Raises:
        UnknownReference: there is no such model.
        ToolError: the remote does not answer.
    """
    if fetch:
        from mlgit.project.release.write_tags import refresh

        refresh(project)
    pattern = model if model is not None and _is_pattern(model) else None
    registry = read_registry(project, model=None if pattern else model)
    declared = declared_models(project)
    known = sorted({*declared, *registry.models})
    if model is None:
        names = known
    elif pattern is not None:
        names = _fitting(known, pattern)
    else:
        names = [model]
        if model not in known:
            require_model(project, model)
    environments = tuple(project.trunk_config.environments)
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


def _is_pattern(text: str) -> bool:
    """Whether it holds what no name of a model can."""
    return not {"*", "?", "["}.isdisjoint(text)


def _fitting(names: list[str], pattern: str) -> list[str]:
    from fnmatch import fnmatchcase

    fitting = [name for name in names if fnmatchcase(name, pattern)]
    if not fitting:
        hint = f"there are {listed(names)}" if names else None
        raise UnknownReference(f"No model fits `{pattern}`", hint=hint)
    return fitting
