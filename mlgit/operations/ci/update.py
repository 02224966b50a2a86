"""CI update: show and apply the changes of the bundled templates since they were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.requirement import findings
from mlgit.core.ci.templates import TemplateFile, TemplateSet
from mlgit.core.forge.hosts import HOSTS, Host, host_options
from mlgit.errors import StateError, UsageError
from mlgit.project.ci.templates import apply, file_status, installed, plan, settings

if TYPE_CHECKING:
    from mlgit.project.open import Project


def update(
    project: Project, *, host: Host | None = None, force: bool = False, dry_run: bool = False
) -> TemplateSet:
    """Update the installed files (of `host`, if given); edited ones are overwritten only with `force`.

    Raises:
        StateError: no templates are installed.
        UsageError: templates of several hosts are installed, and `host` is None.
    """
    host = _installed_host(project, host)
    filled = settings(project, host, pipeline=None, requirement=None, keep=True)
    planned = plan(project, host, filled)
    files = tuple(_not_created(file_status(host, each, force=force)) for each in planned)
    done = apply(project, host, filled, planned, files, dry_run=dry_run)
    return replace(done, notes=findings(filled.requirement))


def _installed_host(project: Project, asked: Host | None) -> Host:
    hosts = [host for host in HOSTS if asked in {None, host} and installed(project, host)]
    if not hosts:
        raise StateError(
            f"This repository has no CI templates of mlgit{f' for {asked}' if asked else ''}",
            hint=f"run `mlgit ci init --host {asked}`" if asked else f"run {host_options('mlgit ci init ')}",
        )
    if len(hosts) > 1:
        raise UsageError("This repository has the templates of both hosts", hint=f"add {host_options()}")
    return hosts[0]


def _not_created(file: TemplateFile) -> TemplateFile:
    """A file that the user deleted is not restored."""
    if file.status != "create":
        return file
    return TemplateFile(path=file.path, template=file.template, status="missing")
