"""After a change: whether the target serves what the environment holds now, and what makes it so."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.templates import includes_mlgit, read_stamp
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.registry.completeness import in_ci
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.deploy.attempts import keep_left
from mlgit.project.deploy.served import deploy_command, served, target_folder
from mlgit.project.deploy.targets import trunk_targets
from mlgit.project.registry.read import read_model
from mlgit.project.registry.tag_settings import is_local

if TYPE_CHECKING:
    from mlgit.core.config.file import Deploy
    from mlgit.core.registry.state import EnvironmentState
    from mlgit.core.release.tag_plan import ChangeReport
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project

_GITHUB_JOBS = ".github/workflows/mlgit-deploy.yml"
_GITLAB_JOBS = ".gitlab/mlgit/full.yml"


def with_target(project: Project, report: ChangeReport) -> ChangeReport:
    """The report of a changed environment with what its target serves and the command that deploys."""
    try:
        return _with_target(project, report)
    except (MlgitError, OSError):
        return report  # the tags are written, so that nothing may be an error now


def _with_target(project: Project, report: ChangeReport) -> ChangeReport:
    declared = trunk_targets(project).get(report.environment or "")
    here = read_model(project, report.model).environment(report.environment or "")
    if report.action == "unassign" and here.holder is None and not report.dry_run:
        return replace(report, served=served(project, here))  # no deployment changes that
    # Without the new tag here, it could not be fetched back.
    if declared is None or report.dry_run or here.holder is None or here.holder.commit != report.commit:
        return report
    found = served(project, here)
    if found is not None:
        command = report.next if found.right else found.repair or _command(project, report)
        return replace(report, served=found, next=command)
    # If nothing was changed, a deployment may have run since.
    return report if report.already else _until_deployed(project, report, declared, here)


def _until_deployed(
    project: Project, report: ChangeReport, declared: Deploy, here: EnvironmentState
) -> ChangeReport:
    """The report with what has to end before the target serves the version."""
    job = _job(project, report, here)
    if job is not None and here.holder is not None:
        when = f"`{job}`, started by the tag `{here.holder.tag}`, has finished"
        return replace(report, served_when=when)
    command = _command(project, report)
    when, elsewhere = f"`{command}` has succeeded", _elsewhere(project, declared, report.model)
    if elsewhere is not None:
        return replace(report, served_when=f"{when} on the machine that serves from `{elsewhere}`")
    keep_left(project, here)
    return replace(report, served_when=when, next=command)


def _command(project: Project, report: ChangeReport) -> str:
    """The command that deploys; tags that are only here may mean that the remote does not answer."""
    command = deploy_command(project, report.model, report.environment or "")
    only_here = project.remote is not None and not report.pushed and not report.already
    return f"{command} --offline" if only_here else command


def left_to_deploy(project: Project, here: EnvironmentState) -> tuple[str | None, str] | None:
    """What the target serves instead, None if that is not known, and the command that deploys.

    None if it serves what the environment holds, or no target is declared.
    """
    with suppress(ConfigError):
        if here.environment in trunk_targets(project) and here.label is not None:
            found = served(project, here)
            if found is not None and found.right:
                return None
            known = found is not None and not found.problem
            text = f"the target serves {found.label or 'nothing'}" if known and found is not None else None
            return text, deploy_command(project, here.model, here.environment)
    return None


def _elsewhere(project: Project, declared: Deploy, model: str) -> str | None:
    """The target's folder if it is on another machine; a relative path is one of this clone."""
    if declared.target != "local" or not os.path.isabs(declared.keys["path"]):
        return None
    return target_folder(project, declared.keys["path"], declared.environment, model)


def _job(project: Project, report: ChangeReport, here: EnvironmentState) -> str | None:
    """The job of mlgit's CI templates that a pushed tag starts; None if it may start none.

    A forge takes the jobs from the commit of the tag. In CI, a tag that is pushed with the token of a job may
    start nothing.
    """
    assert here.holder is not None  # noqa: S101 (checked by the caller)
    url = "" if project.remote is None else project.remotes.get(project.remote, "")
    if not report.pushed or in_ci(os.environ) or is_local(url):
        return None
    tree = project.tree(here.holder.commit)
    if _is_template(tree, _GITHUB_JOBS):
        return _GITHUB_JOBS.rpartition("/")[2]
    jobs = tree.read(_GITLAB_JOBS) or b""
    entry = tree.read(str(HOSTS["gitlab"].entry)) or b""
    named = f"environment: '{here.environment}'".encode() in jobs
    if named and _is_template(tree, _GITLAB_JOBS) and includes_mlgit("gitlab", _text(entry)):
        return f"mlgit-deploy-{here.environment}"
    return None


def _is_template(tree: Tree, path: str) -> bool:
    """Whether mlgit wrote the file, or most of it."""
    content = tree.read(path)
    return content is not None and read_stamp(_text(content)) is not None


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
