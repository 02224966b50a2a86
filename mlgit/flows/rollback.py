"""Rollback: go back, and deploy what the environment holds then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlgit.operations import rollback as registry
from mlgit.operations.deploy import deploy, require_deploy
from mlgit.project.ci.after_change import with_target

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import DeployReport
    from mlgit.core.progress import Progress
    from mlgit.core.release.tag_plan import ChangeReport
    from mlgit.project.open import Project


def rollback_and_deploy(
    project: Project,
    model: str,
    *,
    environment: str,
    progress: Progress,
    **options: Any,  # noqa: ANN401 (those of the rollback)
) -> tuple[ChangeReport, DeployReport | None]:
    """Roll back, then deploy; a dry run only plans the rollback. The errors are those of both.

    Raises:
        UnknownReference: trunk does not declare where the environment is deployed to; nothing was written.
    """
    project.require_trunk()
    require_deploy(project, environment)
    report = registry.rollback(project, model, environment=environment, **options)
    if report.dry_run:
        return report, None
    deployed = deploy(project, environment, model=model, progress=progress)
    fresh = replace(report, served=None, served_when=None, next=None)
    if deployed.exit_code:
        return with_target(project, fresh), deployed
    return replace(with_target(project, fresh), served_when=None, next=None), deployed
