"""Renamed: models that trunk renamed, of which only one name is deployed to the folder of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.deploy.folders import placeholders
from mlgit.project.registry.former_names import name_in_environment, names_before
from mlgit.project.registry.models import declared_models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.config.file import Deploy
    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project


def other_names(
    project: Project, declared: Deploy, models: tuple[str, ...], read: Callable[[str], ModelState]
) -> Mapping[str, str]:
    """Name -> the other name of the same model, which is deployed instead, if they share a folder.

    That is the name of before until the environment holds something of the new one.
    """
    path = declared.keys.get("path")
    trunk = None if project.trunk is None else project.trunk.commit
    now = [name for name in declared_models(project, trunk) if name in models]
    before = {*models} - {*now}
    if path is None or "model" in placeholders(path) or not before:
        return {}
    found: dict[str, str] = {}
    for name in now:
        there = name_in_environment(project, name, declared.environment, trunk, read)
        if there in before:
            older = names_before(project, name, trunk) & before - {there}
            found |= {name: there, **dict.fromkeys(older, there)}
        elif read(name).environment(declared.environment).holder is not None:
            found |= dict.fromkeys(names_before(project, name, trunk) & before, name)
    return found


def rename_note(project: Project, name: str, deployed: str, environment: str) -> str:
    """What the deployment of one name means for another name of the same model."""
    now = declared_models(project, None if project.trunk is None else project.trunk.commit)
    if name in now:
        until = f"`{environment}` serves `{deployed}` until `{name}` is promoted"
        return f"`{name}` was `{deployed}` before: {until}"
    since = f"is `{deployed}` now" if deployed in now else f"was `{deployed}` later"
    return f"`{name}` {since}: what `{environment}` holds as `{name}` is no longer deployed"
