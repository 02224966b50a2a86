"""Deploy: make a target serve the head of an environment's tags."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mlgit.core.deploy.deployment import Deployment, DeployReport, failure
from mlgit.core.deploy.folders import placeholders, shared
from mlgit.core.progress import Progress, Silent
from mlgit.core.registry.tags import TAGS
from mlgit.core.wording import format_since, word, words
from mlgit.errors import Again, ConfigError, MlgitError, StateError, ToolError, UnknownReference, UsageError
from mlgit.project.deploy.attempts import attempted
from mlgit.project.deploy.desired_state import desired_head, environment_tag, superseding
from mlgit.project.deploy.job import Job
from mlgit.project.deploy.renamed import other_names, rename_note
from mlgit.project.deploy.served import served_instead, target_folder
from mlgit.project.deploy.targets import deployer, naming_plugin, require_place, target_row, trunk_targets
from mlgit.project.registry.completeness import as_of_fetch, require_tags
from mlgit.project.registry.environments import require_environment
from mlgit.project.registry.models import declared_models, require_model
from mlgit.project.registry.read import read_registry, tags_as_of
from mlgit.project.registry.readiness import require_usable_version
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Deploy
    from mlgit.core.registry.state import EnvironmentState, ModelState
    from mlgit.project.open import Project


def deploy(
    project: Project,
    environment: str,
    *,
    model: str | None = None,
    tag: str | None = None,
    fetch: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> DeployReport:
    """Make the target of an environment serve the head of its tags, for one model or all.

    `deploy:` is read from trunk, tags from this clone; with `fetch`, both are fetched first. A model that
    fails has a `failure` in its deployment, and the others are still deployed. A newer tag supersedes `tag`,
    which is not a failure.

    Raises:
        UnknownReference: no such environment, model or tag, or nothing under `deploy:` for it.
        UsageError: `tag` is not a tag of this environment and model.
        ConfigError: two models would be deployed to one folder, or the target is not installed.
        ToolError: a plug-in's target cannot be used, or the remote does not answer.
        StateError: trunk is unknown.
    """
    notes = _fetch(project, environment, model) if fetch else ()
    project.require_trunk()
    declared = require_deploy(project, environment)
    if tag is not None:
        tag = tag.removeprefix(TAGS)
        model = _model_of(tag, environment, model)
    if model is not None:
        require_model(project, model)
    found = _Accepted(project)
    every = _models(project, found, environment)
    other = other_names(project, declared, every, found.model)
    names = tuple(name for name in every if name not in other)
    targets = _Targets(project, declared, names, progress or Silent(), other)
    states = (found.model(name) for name in (names if model is None else (other.get(model, model),)))
    return DeployReport(
        environment=environment,
        dry_run=dry_run,
        at=project.now,
        deployments=tuple(targets.deploy(each, environment, tag, dry_run=dry_run) for each in states),
        remote=project.remote,
        tags_as_of=tags_as_of(project),
        notes=notes,
    )


def _fetch(project: Project, environment: str, model: str | None) -> tuple[str, ...]:
    """Fetch trunk and all tags; sentences about tags that the remote does not have."""
    from mlgit.project.release.fetching import RemoteFailed, fetch_all_tags

    try:
        return fetch_all_tags(project)
    except StateError as error:
        error.message = f"{error.message}; nothing was deployed"
        raise
    except RemoteFailed as error:
        seen = tags_as_of(project)
        age = "" if seen is None else f", fetched {format_since(seen, project.now)}"
        named = [] if model is None else [model]
        command = f"mlgit deploy --env {words([environment, *named])} --offline"
        raise ToolError(
            f"{error.message}, so newer tags may be missing; nothing was deployed",
            hint=f"to deploy by the tags of this clone{age}, run `{command}`",
            details=error.details,
            again=Again(f"`{command}`", ("--offline",)),
        ) from error


def _model_of(tag: str, environment: str, model: str | None) -> str:
    named = environment_tag(tag, environment).model
    if model not in {None, named}:
        raise UsageError(f"`{tag}` is a tag of `{named}`, not of `{model}`")
    return named


class _Targets:
    """The targets of one environment, one per model; `declared` is its entry under `deploy:`."""

    def __init__(
        self,
        project: Project,
        declared: Deploy,
        models: tuple[str, ...],
        progress: Progress,
        other: Mapping[str, str],
    ) -> None:
        row = target_row(declared)
        self._project = project
        self._progress = progress
        self._other = other
        self._declared = declared
        self._name = declared.target
        with naming_plugin(declared.target, "cannot read its keys"):
            self._record: Any = row.read(declared.keys)
        self._deployer = deployer(declared.target, row)
        self._folders = _folders(project, declared, models) if "path" in row.keys else {}

    def deploy(self, state: ModelState, environment: str, tag: str | None, *, dry_run: bool) -> Deployment:
        """The deployment of a model, with what it means for another name of the same model."""
        made = self._deploy(state, environment, tag, dry_run=dry_run)
        notes = [
            rename_note(self._project, *pair, environment)
            for pair in self._other.items()
            if state.name in pair
        ]
        return replace(made, notes=(*notes, *made.notes))

    def _deploy(self, state: ModelState, environment: str, tag: str | None, *, dry_run: bool) -> Deployment:
        here = state.environment(environment)
        folder = self._folders.get(here.model)
        untouched = Deployment(
            model=here.model,
            environment=here.environment,
            target=self._name,
            state="unassigned",
            tag=tag,
            folder=folder,
        )
        newer = None
        if tag is not None:
            renamed = environment_tag(tag, environment).model in self._other
            newer = here.changes[-1].fact.tag if renamed else superseding(state, environment, tag)
        if newer is not None:
            return replace(untouched, state="superseded", superseded_by=newer, superseded_label=here.label)
        try:
            head = desired_head(here)
            _require_tags(self._project, state, here)
        except MlgitError as error:
            return replace(untouched, state="failed", failure=failure("intent", error))
        if head is None:
            notes = (*_without_tags(self._project, state, here), served_instead(self._project, here))
            return replace(untouched, notes=tuple(filter(None, notes)))
        job = Job(self._project, head, target=self._name, progress=self._progress)
        try:
            if head.version is not None:
                require_usable_version(self._project, head.version)
            with naming_plugin(self._name, "has a record without a field `path`"):
                record = self._record if folder is None else replace(self._record, path=folder)
            if folder is not None:
                require_place(self._project, self._declared, here.model, folder)
            run = partial(self._deployer, job, record, dry_run=dry_run)
            return run() if dry_run else attempted(job, run)
        except (MlgitError, OSError) as error:
            return job.failed(error, job.result("failed"))


def _require_tags(project: Project, state: ModelState, here: EnvironmentState) -> None:
    """Refuse a clone that may lack newer tags of the environment, or all of them."""
    tags = dict.fromkeys(state.ignored, "")
    tags |= {fact.tag: fact.oid for fact in (*state.facts, *(each.fact for each in state.refused))}
    what = f"What `{here.environment}` holds of `{here.model}`"
    require_tags(project, here.model, here=tags, what=what, absent=here.holder is None)


def _without_tags(project: Project, state: ModelState, here: EnvironmentState) -> tuple[str, ...]:
    """Why nothing is assigned: the tag does not count, or this clone may lack it, as one that CI makes."""
    refused = [each for each in state.refused if each.fact.name.environment == here.environment]
    if refused:
        newest = max(refused, key=lambda each: each.fact.name.counter or 0)
        return (f"{newest.sentence}; {newest.hint}",)
    if here.changes or not as_of_fetch(project, here.model, ci={}):
        return ()
    missing = f"there is no tag of `{here.environment}` for `{here.model}` in this clone"
    return (f"{missing}; `git fetch --tags {word(project.remote or '')}` fetches those that there are",)


def require_deploy(project: Project, environment: str) -> Deploy:
    """The entry of `deploy:` on trunk.

    Raises:
        UnknownReference: trunk does not declare the environment, or where it is deployed to.
        ConfigError: the rules on trunk are invalid, and which target they name is not known.
    """
    trunk, rules = project.trunk, trunk_targets(project)
    require_environment(project, environment)
    found = rules.get(environment)
    if found is None:
        where = "here" if trunk is None else f"on {trunk.short}"
        hint = f'add `deploy: {{{environment}: {{target: local, path: "/srv/models/{{model}}"}}}}`'
        if trunk is not None and _declared_here(project, environment):
            hint = f"`mlgit.yaml` here does: commit it, and bring it to {trunk.short} with `mlgit push`"
        raise UnknownReference(
            f"`deploy:` in `mlgit.yaml` {where} does not declare `{environment}`", hint=hint
        )
    return found


def _declared_here(project: Project, environment: str) -> bool:
    try:
        return environment in project.config(None).deploy
    except ConfigError:
        return False


class _Accepted:
    """The models without the tags that do not count, each read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.registry = read_registry(project)
        self._states: dict[str, ModelState] = {}

    def model(self, name: str) -> ModelState:
        if name not in self._states:
            self._states[name] = accept(self._project, self.registry.model(name), fetch=True)
        return self._states[name]


def _models(project: Project, found: _Accepted, environment: str) -> tuple[str, ...]:
    """The models that trunk declares, and undeclared ones that the environment still holds.

    One that only tags which do not count put there is not among them.
    """
    trunk = project.trunk
    declared = declared_models(project, None if trunk is None else trunk.commit)
    held = [
        name
        for name, raw in found.registry.models.items()
        if name not in declared
        and raw.environment(environment).holder
        and found.model(name).environment(environment).holder
    ]
    return tuple(sorted({*declared, *held}))


def _folders(project: Project, declared: Deploy, models: tuple[str, ...]) -> dict[str, str]:
    """Model -> the folder it is deployed to, absolute.

    Raises:
        ConfigError: two models or environments would share a folder, or it is the repository or Git's.
    """
    mine = declared.environment
    folders = [
        ((name, model), target_folder(project, each.keys["path"], name, model))
        for name, each in trunk_targets(project).items()
        if "path" in each.keys
        for model in models
    ]
    for clash in shared(folders):
        if mine in {clash.first[0], clash.second[0]}:
            raise _shared(clash.first, clash.second, clash.folder, declared.keys["path"])
    found = {model: folder for (name, model), folder in folders if name == mine}
    for folder in found.values():
        if folder == os.path.realpath(project.root) or _inside(folder, os.path.realpath(project.common_dir)):
            raise ConfigError(
                f"`deploy.{mine}.path` is the repository itself", expected="a folder of its own"
            )
    return found


def _inside(path: str, top: str) -> bool:
    return path == top or path.startswith(top + os.sep)


def _shared(first: tuple[str, str], second: tuple[str, str], folder: str, path: str) -> ConfigError:
    missing = "model" if first[0] == second[0] else "environment"
    hint = "give each a folder that is not in the other's"
    if missing not in placeholders(path):
        hint = f"write `{{{missing}}}` into `deploy.{second[0]}.path`"
    one, other = (f"`{model}` in `{environment}`" for environment, model in (first, second))
    return ConfigError(f"{one} and {other} would be deployed to one folder, `{folder}`", hint=hint)
