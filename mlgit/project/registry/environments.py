"""Environments of a repository: declared on trunk, or known from tags only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.names import new_environment_name
from mlgit.core.wording import listed, near
from mlgit.errors import ConfigError, UnknownReference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project

GTO_FILE = ".gto"


def require_environment(project: Project, name: str) -> Environment:
    """The environment as trunk declares it.

    Raises:
        UnknownReference: trunk does not declare it.
    """
    declared = project.trunk_config.environments
    if name in declared:
        return declared[name]
    raise _unknown(project, name)


def known_environment(project: Project, state: ModelState, name: str) -> EnvironmentState:
    """The environment of a model, if trunk declares it or a tag of the model mentions it.

    Raises:
        UnknownReference: neither is the case.
    """
    if name in state.environments or name in project.trunk_config.environments:
        return state.environment(name)
    raise _unknown(project, name)


def gto_note(project: Project, environment: str) -> tuple[str, ...]:
    """A warning if a `.gto` file with `stages:` hides the environment from gto."""
    try:
        stages = gto_stages(project)
    except ConfigError:  # `mlgit doctor` reports it
        stages = None
    if stages is None or environment in stages:
        return ()
    return (f"gto does not show `{environment}`: add `- {environment}` to `stages:` in `{GTO_FILE}`",)


def gto_stages(project: Project) -> tuple[str, ...] | None:
    """The list under `stages:` of a `.gto` file, if there is one.

    Raises:
        ConfigError: the file is invalid.
    """
    content = project.worktree.read(GTO_FILE)
    if content is None:
        return None
    from mlgit.yaml12 import load

    settings = load(content, name=GTO_FILE, strict=False)
    stages = settings.get("stages") if isinstance(settings, dict) else None
    return tuple(map(str, stages)) if isinstance(stages, list) else None


def _is_in_tags(project: Project, name: str) -> bool:
    from mlgit.project.registry.read import read_registry

    return any(name in state.environments for state in read_registry(project).models.values())


def _unknown(project: Project, name: str) -> UnknownReference:
    declared = project.trunk_config.environments
    if "#" in name and name.rpartition("#")[2] in declared:
        return UnknownReference(
            f"`{name}` is the environment of one model", hint=f"write `{name.rpartition('#')[2]}`"
        )
    if _is_in_tags(project, name):
        where = "mlgit.yaml" if project.trunk is None else f"mlgit.yaml on {project.trunk.short}"
        return UnknownReference(
            f"`{name}` is known from tags only: {where} does not declare it",
            hint=f"add `{name}: {{}}` to `environments:` there",
        )
    hint = near(name, declared)
    if hint is None and declared:
        hint = f"there are {listed(declared, None)}"
    elif hint is None:
        new_environment_name(name)
        hint = f"declare it in `mlgit.yaml` on trunk: `environments: {{{name}: {{}}}}`"
    trunk = project.trunk
    where = "here" if trunk is None else f"on {trunk.short}"
    return UnknownReference(f"There is no environment `{name}` {where}", hint=hint)


def only_model_in(project: Project, environment: str, read: Callable[[str], ModelState]) -> str:
    """The only model that is declared or in an environment, by the name that it has there.

    Raises:
        UnknownReference: there are several, or none.
    """
    from mlgit.project.registry.former_names import name_in_environment
    from mlgit.project.registry.models import declared_models, model_names

    names = model_names(project)
    if len(names) > 1:
        declared = declared_models(project)
        there = [name for name in names if name in declared or _holds(read(name), environment)]
        own = (name_in_environment(project, name, environment, None, read) for name in there)
        names = tuple(dict.fromkeys(own))
    if len(names) == 1:
        return names[0]
    if not names:
        raise UnknownReference(
            f"`{environment}` is an environment, but there is no model yet",
            hint=f"write `heads/{environment}` for the branch",
        )
    held = [name for name in names if read(name).environment(environment).holder is not None]
    verb = "is" if held else "was"
    held = held or [name for name in names if read(name).environment(environment).changes]
    if not held:
        message = f"`{environment}` holds no version of any model by the tags of this clone"
        raise UnknownReference(message, hint="see `mlgit models`")
    if len(held) == 1:
        message = f"There are several models, so `{environment}` alone names none of them"
        hint = f"write `{held[0]}#{environment}`; no other model {verb} in it"
        raise UnknownReference(message, hint=hint)
    hint = "choose one: " + listed(f"{name}#{environment}" for name in held)
    raise UnknownReference(f"`{environment}` is an environment of several models", hint=hint)


def models_that_were_in(project: Project, environment: str, names: Sequence[str]) -> list[str]:
    """Those of the models that an environment has or had; all if it is not known of any."""
    from mlgit.project.registry.read import read_model

    return [name for name in names if read_model(project, name).environment(environment).changes] or [*names]


def _holds(state: ModelState, environment: str) -> bool:
    """Whether a model that is not declared is there, by a tag that names none of another model's releases."""
    holder = state.environment(environment).holder
    releases = {"", *(fact.oid for fact in state.facts if fact.name.action == "register")}
    return holder is not None and holder.release in releases
