"""Deploy: make a target hold what an environment's tags say."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import LocalTarget
from mlgit.core.deploy.deployment import Deployment, DeployReport, failure
from mlgit.core.deploy.folders import fill, placeholders, shared
from mlgit.core.progress import Silent
from mlgit.core.registry.tags import TAGS
from mlgit.errors import ConfigError, MlgitError, UnknownReference, UsageError
from mlgit.project.deploy.desired_state import desired_head, environment_tag, superseding
from mlgit.project.deploy.job import Job
from mlgit.project.registry.environments import require_environment
from mlgit.project.registry.models import declared_models, require_model
from mlgit.project.registry.read import read_registry, tags_as_of

if TYPE_CHECKING:
    from mlgit.core.config.file import Deploy
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import EnvironmentState, Registry
    from mlgit.project.open import Project


def deploy(
    project: Project,
    environment: str,
    *,
    model: str | None = None,
    tag: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> DeployReport:
    """Make the target of an environment hold the head of its tags, for one model or all.

    What goes wrong with one model is told in its deployment (`failure`, and `exit_code` of the report), and
    the other models still go on. `deploy:` is read from trunk, tags are taken as this clone has them.

    Args:
        project: the repository.
        environment: its name; trunk's `mlgit.yaml` must have it under `deploy:`.
        model: only this one.
        tag: the environment's tag that asks for it; a newer one supersedes it, which is no failure.
        dry_run: look and tell, write nothing.
        progress: told what goes on.

    Raises:
        UnknownReference: no such environment, model or tag, or nothing under `deploy:` for it.
        UsageError: the tag is no tag of this environment and model.
        ConfigError: two models would be deployed to one folder.
    """
    declared = _require_deploy(project, environment)
    if tag is not None:
        tag = tag.removeprefix(TAGS)
        asked = environment_tag(tag, environment).model
        if model not in {None, asked}:
            raise UsageError(f"`{tag}` is a tag of `{asked}`, not of `{model}`")
        model = asked
    if model is not None:
        require_model(project, model)
    registry = read_registry(project)
    names = _models(project, registry, environment)
    places = _places(project, declared, names)
    show = progress or Silent()
    return DeployReport(
        environment=environment,
        dry_run=dry_run,
        at=project.now,
        deployments=tuple(
            _deploy_model(
                project,
                declared,
                registry.model(name).environment(environment),
                place=places.get(name),
                tag=tag,
                dry_run=dry_run,
                progress=show,
            )
            for name in (names if model is None else (model,))
        ),
        remote=project.remote,
        tags_as_of=tags_as_of(project),
    )


def _deploy_model(
    project: Project,
    declared: Deploy,
    here: EnvironmentState,
    *,
    place: str | None,
    tag: str | None,
    dry_run: bool,
    progress: Progress,
) -> Deployment:
    untouched = Deployment(
        model=here.model,
        environment=here.environment,
        target="local" if isinstance(declared.target, LocalTarget) else "command",
        state="unassigned",
        tag=tag,
        folder=place,
    )
    newer = None if tag is None else superseding(here, tag)
    if newer is not None:
        return replace(untouched, state="superseded", superseded_by=newer)
    try:
        head = desired_head(here)
    except MlgitError as error:
        return replace(untouched, state="failed", failure=failure("intent", error))
    if head is None:
        return replace(untouched, notes=_without_tags(project, here))
    job = Job(project, head, progress=progress)
    if isinstance(declared.target, LocalTarget):
        from mlgit.project.deploy.local import deploy_local

        assert place is not None  # noqa: S101 (whatever the environment holds has one)
        return deploy_local(job, declared.target, place=place, dry_run=dry_run)
    from mlgit.project.deploy.command import deploy_command

    return deploy_command(job, declared.target, dry_run=dry_run)


def _without_tags(project: Project, here: EnvironmentState) -> tuple[str, ...]:
    """A clone without the tags, as CI makes them, looks like an environment that never held anything."""
    if here.changes or project.remote is None:
        return ()
    missing = f"there is no tag of `{here.environment}` for `{here.model}` in this clone"
    return (f"{missing}; `git fetch --tags {project.remote}` fetches those that there are",)


def _require_deploy(project: Project, environment: str) -> Deploy:
    """What trunk says about the target of an environment.

    Raises:
        UnknownReference: trunk declares no such environment, or nothing under `deploy:` for it.
    """
    require_environment(project, environment)
    found = project.trunk_config.deploy.get(environment)
    if found is None:
        trunk = project.trunk
        where = "here" if trunk is None else f"on {trunk.short}"
        raise UnknownReference(
            f"Nothing says where `{environment}` is deployed to",
            expected=f"`{environment}` under `deploy:` in `mlgit.yaml` {where}",
            hint=f"add `deploy: {{{environment}: {{target: local, path: /srv/models/{{model}}}}}}`",
        )
    return found


def _models(project: Project, registry: Registry, environment: str) -> tuple[str, ...]:
    """The models that trunk declares, and those that the environment still holds without that."""
    trunk = project.trunk
    held = {name for name, state in registry.models.items() if state.environment(environment).holder}
    return tuple(sorted({*declared_models(project, None if trunk is None else trunk.commit), *held}))


def _places(project: Project, declared: Deploy, names: tuple[str, ...]) -> dict[str, str]:
    """Model -> the folder it is deployed to, absolute.

    Raises:
        ConfigError: a folder would be shared by two models or environments, or is Git's or the repository.
    """
    mine = declared.environment
    if not isinstance(declared.target, LocalTarget):
        return {}
    places = [
        ((name, model), _place(project, each.target.path, name, model))
        for name, each in project.trunk_config.deploy.items()
        if isinstance(each.target, LocalTarget)
        for model in names
    ]
    for clash in shared(places):
        if mine in {clash.first[0], clash.second[0]}:
            raise _shared(clash.first, clash.second, clash.folder, declared.target.path)
    found = {model: place for (name, model), place in places if name == mine}
    for place in found.values():
        if place == os.path.realpath(project.root) or _inside(place, os.path.realpath(project.common_dir)):
            raise ConfigError(
                f"`deploy.{mine}.path` is the repository itself",
                expected="a folder of its own",
            )
    return found


def _place(project: Project, path: str, environment: str, model: str) -> str:
    filled = fill(path, model=model, environment=environment)
    return os.path.realpath(os.path.join(project.root, filled))


def _inside(path: str, top: str) -> bool:
    return path == top or path.startswith(top + os.sep)


def _shared(first: tuple[str, str], second: tuple[str, str], place: str, path: str) -> ConfigError:
    missing = "model" if first[0] == second[0] else "environment"
    hint = "give each a folder that is not in the other's"
    if missing not in placeholders(path):
        hint = f"write `{{{missing}}}` into `deploy.{second[0]}.path`"
    called = [f"`{model}` in `{environment}`" for environment, model in (first, second)]
    return ConfigError(f"{called[0]} and {called[1]} would be deployed to one folder, `{place}`", hint=hint)
