"""Target lookup: the row, the record and the deployer of a target that `deploy:` declares."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from mlgit.core.deploy.targets import GROUP, TARGETS, Target
from mlgit.core.wording import near
from mlgit.errors import ConfigError
from mlgit.plugins import plugin, plugin_names

if TYPE_CHECKING:
    from mlgit.core.config.file import Deploy
    from mlgit.core.deploy.deployment import Deployment
    from mlgit.project.deploy.job import Job


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
            hint=near(declared.target, [*TARGETS, *plugin_names(GROUP)])
            or "install the plug-in that adds it",
        )
    return row


def deployer(row: Target) -> Deployer:
    module, _, name = row.deployer.partition(":")
    found: Deployer = getattr(import_module(module), name)
    return found
