"""Target lookup: the row, the record, the deployer and the place of a target that `deploy:` declares."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.config.parts import part_of
from mlgit.core.deploy.deployment import Deployment
from mlgit.core.deploy.folders import place_of
from mlgit.core.deploy.targets import GROUP, TARGETS, Target
from mlgit.core.wording import word
from mlgit.errors import ConfigError, ToolError
from mlgit.plugins import plugin, plugin_failures
from mlgit.project.deploy.attempts import deployed_to
from mlgit.project.deploy.job import as_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import Deploy
    from mlgit.project.deploy.job import Job
    from mlgit.project.open import Project


def trunk_targets(project: Project) -> Mapping[str, Deploy]:
    """Environment -> its entry under `deploy:` on trunk.

    Where the rules on trunk are invalid, the last valid ones apply, so that a rollback is deployed: but only
    if the lines of `deploy:` are still the same, because others may name another target.

    Raises:
        ConfigError: the rules on trunk are invalid, and `deploy:` is not what it was.
    """
    trunk = None if project.trunk is None else project.trunk.commit
    try:
        return project.config(trunk).deploy
    except ConfigError as error:
        before = project.last_valid_rules
        if before is None or _lines(project, trunk) != _lines(project, before):
            if before is not None:
                changed = f"`deploy:` is not what it was in the last valid version ({before[:7]})"
                error.details = (*error.details, changed)
            raise
        return project.config(before).deploy


def can_deploy(project: Project) -> bool:
    """Whether a deployment has rules to go by."""
    try:
        trunk_targets(project)
    except ConfigError:
        return False
    return True


def _lines(project: Project, commit: str | None) -> str:
    content = project.policy_file(commit, CONFIG_FILE) or b""
    return part_of(content.decode("utf-8", "replace"), "deploy")


class Deployer(Protocol):
    """Makes a target serve the desired release; MlgitError and OSError are failures of the deployment."""

    def __call__(self, job: Job, target: Any, /, *, dry_run: bool) -> Deployment: ...  # noqa: ANN401 (the row's record)


def target_row(declared: Deploy) -> Target:
    """Find the row of a declared target, in the table or in a plug-in.

    Raises:
        ConfigError: it was added by a plug-in that has been uninstalled since `mlgit.yaml` was checked.
        ToolError: the plug-in cannot be loaded.
    """
    row = TARGETS.get(declared.target) or plugin(GROUP, declared.target, Target)
    if row is None:
        raise ConfigError(
            f"`deploy.{declared.environment}` has the target `{declared.target}`, which is not installed",
            hint="install the plug-in that adds it",
        )
    return row


def require_place(project: Project, declared: Deploy, model: str, folder: str) -> None:
    """Refuse to make more than the folder of a model: what is missing above may be a disk, or a machine.

    Below the clone, everything is made.

    Raises:
        ToolError: the place of such folders is missing; or this clone deployed there, and the folder is gone.
    """
    above = place_of(declared.keys["path"], declared.environment)
    place = os.path.realpath(os.path.join(project.root, above))
    if os.path.lexists(folder) or f"{place}/".startswith(f"{os.path.realpath(project.root)}/"):
        return
    if not os.path.lexists(place):
        raise ToolError(
            f"`{place}` is not on this machine, and `{model}` would be deployed below it",
            hint=f"mount its disk, or deploy on the machine that has it; to make it here, run "
            f"`mkdir -p {word(place)}`",
        )
    if deployed_to(project, model, declared.environment) == folder and not os.listdir(place):
        raise ToolError(
            f"`{folder}` is gone, to which this clone deployed before, and `{place}` is empty",
            hint=f"mount its disk; if it was removed for good, run `mkdir {word(folder)}`, then deploy again",
        )


def naming_plugin(target: str, problem: str) -> AbstractContextManager[None]:
    """Exceptions of a plug-in's code become errors that name it; those of mlgit's own targets stay bugs."""
    return nullcontext() if target in TARGETS else plugin_failures(GROUP, target, problem)


def deployer(target: str, row: Target) -> Deployer:
    """Import the deployer of a target; a plug-in's fails with errors that name the plug-in.

    Raises:
        ToolError: a plug-in has no function at its address.
    """
    with naming_plugin(target, "has no deployer"):
        module, _, name = row.deployer.partition(":")
        found: Deployer = getattr(import_module(module), name)
        if not callable(found):
            raise TypeError(f"`{row.deployer}` is not a function")
    return found if target in TARGETS else partial(_deploy_with_plugin, target, found)


def _deploy_with_plugin(
    target: str, found: Deployer, job: Job, record: object, /, *, dry_run: bool
) -> Deployment:
    with naming_plugin(target, "cannot deploy"):
        try:
            result = found(job, record, dry_run=dry_run)
        except OSError as error:  # a failure of the deployment, like ours
            raise as_failure(error) from error
        if not isinstance(result, Deployment):
            raise TypeError(f"its deployer returned `{type(result).__name__}`, not a `Deployment`")
    return result
