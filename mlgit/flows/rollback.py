"""Rollback: go back, and deploy what the environment holds then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlgit.core.record import NamedTuple
from mlgit.core.wording import listed
from mlgit.errors import ConfigError, Interrupted, MlgitError, UnknownReference, as_known
from mlgit.operations import rollback as registry
from mlgit.operations.deploy import deploy, require_deploy
from mlgit.project.ci.after_change import with_target
from mlgit.project.deploy.served import deploy_command, served
from mlgit.project.registry.read import read_model
from mlgit.project.release.change import publishing

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import DeployReport
    from mlgit.core.progress import Progress
    from mlgit.core.release.tag_plan import ChangeReport
    from mlgit.project.open import Project


class Deployed(NamedTuple):
    """A rollback that was written, and its deployment, or the error that kept that from starting."""

    change: ChangeReport
    deployments: DeployReport | None = None
    error: MlgitError | None = None

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.deployments is None else self.deployments.exit_code


def _not_deployed(project: Project, report: ChangeReport, model: str) -> ChangeReport:
    """The report of a rollback whose deployment failed: its target is meant to be on this machine."""
    found = with_target(project, report)
    if found.served is not None:  # the error that follows says what failed
        found = replace(found, served=replace(found.served, failed=None))
    if found.served_when is None or found.next != report.next:
        return found
    command = deploy_command(project, model, report.environment or "")
    return replace(found, served_when=f"`{command}` has succeeded", next=command)


def _planned(project: Project, report: ChangeReport) -> tuple[str, ...]:
    """The note of a dry run about the deployment, which has no tag to go by yet."""
    here = read_model(project, report.model).environment(report.environment or "")
    found = None if report.already else served(project, here)
    now = "" if found is None or found.problem else f", which serves {found.label or 'nothing'} now"
    where = f" to `{found.folder}`{now}" if found is not None else ""
    return () if report.already else (f"then {report.version} would be deployed{where}",)


def _in_force(report: ChangeReport) -> str:
    """For example `prod of tumor is rolled back to v1.0.0`."""
    return f"{report.environment} of {report.model} is rolled back to {report.version}"


def _interrupted(project: Project, report: ChangeReport) -> Interrupted:
    """The error that says what is in force although the deployment was interrupted."""
    left = f"`{report.environment}` of `{report.model}` holds {report.version}"
    where = f", pushed to {report.remote}" if report.pushed else ", only here"
    tags = "" if report.already else f" by {listed(tag.name for tag in report.tags)}{where}"
    command = deploy_command(project, report.model, report.environment or "")
    return Interrupted(
        f"Interrupted; {left}{tags}, and its deployment did not end",
        hint=f"to deploy it, run `{command}`",
    )


def rollback_and_deploy(
    project: Project,
    model: str,
    *,
    environment: str,
    progress: Progress,
    **options: Any,  # noqa: ANN401 (those of the rollback)
) -> Deployed:
    """Roll back, then deploy; a dry run only plans the rollback.

    Raises:
        UnknownReference: trunk does not declare where the environment is deployed to; nothing was written.
        ConfigError: the rules on trunk are invalid, and the target may be another one; nothing was written.
        MlgitError: as for a rollback; the errors of the deployment are in the result.
    """
    project.require_trunk()
    _require_target(project, environment)
    report = registry.rollback(project, model, environment=environment, **options)
    if report.dry_run:
        return Deployed(replace(report, notes=(*report.notes, *_planned(project, report))))
    left = None if report.already else publishing(project, pushed=report.pushed)
    fresh = replace(report, served=None, served_when=None, next=left)
    if not report.already:  # a deployment may take long, and the rollback is in force
        progress.say(f"{_in_force(report)}; deploying it")
    try:
        deployments = deploy(project, environment, model=model, progress=progress)
    except KeyboardInterrupt as error:
        raise _interrupted(project, report) from error
    except (MlgitError, OSError) as error:
        return Deployed(_not_deployed(project, fresh, model), error=as_known(error))
    if deployments.exit_code:
        return Deployed(_not_deployed(project, fresh, model), deployments)
    return Deployed(replace(with_target(project, fresh), served_when=None, next=left), deployments)


def _require_target(project: Project, environment: str) -> None:
    """Refuse before anything is written."""
    try:
        require_deploy(project, environment)
    except UnknownReference as error:
        hint = f"leave out `--deploy`, which rolls back and deploys nothing; or {error.hint}"
        raise UnknownReference(f"{error.message}; nothing was rolled back", hint=hint) from error
    except ConfigError as error:
        without = "" if project.last_valid_rules is None else "; without `--deploy`, a rollback is possible"
        error.details = (*error.details, f"nothing was rolled back{without}")
        raise
