"""Models: list models with their latest version and the versions in their environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.entries import ModelList, live_first, model_entry, order_environments
from mlgit.core.wording import listed
from mlgit.errors import UnknownReference
from mlgit.project.deploy.served import with_served
from mlgit.project.registry.completeness import doubts
from mlgit.project.registry.models import declared_models, require_model
from mlgit.project.registry.read import read_registry_tags, tags_as_of, unpublished_notes
from mlgit.project.trust.marks import as_counted, of_other_tools, trusts

if TYPE_CHECKING:
    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project


def list_models(project: Project, *, model: str | None = None, fetch: bool = False) -> ModelList:
    """List all models, one, or those that match a pattern (`lung-*`); with `fetch`, fetch tags first.

    Raises:
        UnknownReference: there is no such model.
        ToolError: the remote does not answer.
    """
    notes: tuple[str, ...] = ()
    if fetch:
        from mlgit.project.release.fetching import fetch_all_tags

        notes = fetch_all_tags(project)
    # No model's name contains a character of a pattern.
    one = model if model is not None and {"*", "?", "["}.isdisjoint(model) else None
    registry, ignored = read_registry_tags(project, model=one)
    unsure = doubts(project, ignored)
    declared = declared_models(project, tagged=registry.models)
    known = sorted({*declared, *_tagged(project, registry, asked=model is not None)})
    if one is not None and one not in known:
        require_model(project, one)
    names = [one] if one is not None else known if model is None else _matching(known, model)
    if not fetch:
        notes = unpublished_notes(project, registry)
    environments = tuple(project.trunk_config.environments)
    states = [as_counted(project, registry.model(name)) for name in names]
    entries = tuple(
        with_served(project, model_entry(each, declared, environments, unsure, trust), each)
        for each, trust in zip(states, trusts(project, states), strict=True)
    )
    found = {each.environment for entry in entries for each in entry.environments}
    return ModelList(
        models=entries,
        environments=order_environments(environments, found),
        columns=order_environments(live_first(project.trunk_config.environments), found),
        remote=project.remote,
        tags_as_of=tags_as_of(project) if unsure.clone.known == "yes" else None,
        told_at=project.now,
        tags_known=unsure.clone,
        notes=notes,
    )


def _tagged(project: Project, registry: Registry, *, asked: bool) -> list[str]:
    """The names in tags; those of other tools only if someone `asked` for a name or a pattern."""
    if asked:
        return [*registry.models]
    others = of_other_tools(project, registry)
    return [name for name in registry.models if not others(name)]


def _matching(names: list[str], pattern: str) -> list[str]:
    from fnmatch import fnmatchcase

    matching = [name for name in names if fnmatchcase(name, pattern)]
    if not matching:
        hint = f"there are {listed(names)}" if names else None
        raise UnknownReference(f"No model matches `{pattern}`", hint=hint)
    return matching
