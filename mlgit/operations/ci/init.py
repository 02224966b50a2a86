"""CI init: write the bundled CI templates into the repository."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.advice import environment_jobs, next_steps, remarks
from mlgit.core.ci.requirement import findings
from mlgit.core.ci.templates import (
    PipelineMode,
    Settings,
    TemplateFile,
    TemplateSet,
    includes_mlgit,
    stage_inputs,
)
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.forge.hosts import HOSTS, Host, host_of, host_options
from mlgit.core.overview.first_config import quoted
from mlgit.errors import StateError, UsageError
from mlgit.project.ci.templates import (
    PlannedFile,
    apply,
    declared_stages,
    dvc_remotes,
    file_status,
    plan,
    settings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.project.open import Project

_UNRELEASED = re.compile(r"mlgit==.*\.dev\d+.*")


def install(
    project: Project,
    *,
    host: Host | None,
    pipeline: PipelineMode | None = None,
    requirement: str | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> TemplateSet:
    """Write the templates; edited files are not overwritten without `force`.

    None for `host` finds it from the remote's URL or the repository's files, and keeps the installed
    `pipeline`, the mode of pull requests, and `requirement`, which is checked already.

    Raises:
        StateError: there is no `mlgit.yaml`, or an edited file would be overwritten.
        ConfigError: `mlgit.yaml` is invalid.
    """
    if not os.path.lexists(os.path.join(project.root, CONFIG_FILE)):
        raise StateError(
            f"There is no `{CONFIG_FILE}`, so CI would have nothing to check",
            hint="run `mlgit init`, look at the file, then run this again",
        )
    host = host or _find_host(project)
    filled = settings(project, host, pipeline=pipeline, requirement=requirement)
    planned = plan(project, host, filled)
    files = tuple(file_status(host, each, force=force) for each in planned)
    _refuse_conflicts(files)
    return replace(
        apply(project, host, filled, planned, files, dry_run=dry_run),
        include=_include(host, planned, files),
        notes=_notes(project, host, filled),
        next=_next_steps(project, host, filled),
    )


def _next_steps(project: Project, host: Host, filled: Settings) -> tuple[str, ...]:
    head = project.head.commit
    return next_steps(
        host,
        kinds=dvc_remotes(project) or (),
        environments=tuple(project.config(None).environments),
        branch=filled.branch,
        config_committed=head is not None and project.tree(head).read(CONFIG_FILE) is not None,
    )


def _find_host(project: Project) -> Host:
    """The forge of the remote's URL, or the one whose CI files the repository has."""
    from mlgit.adapters.forge.detect import remote_of

    remote = remote_of(project.remotes.get(project.remote or "", ""))
    found = None if remote is None else host_of(remote.host)
    if found is not None:
        return found
    # A path that ends with `/` exists only as a folder.
    hosts = [host for host, row in HOSTS.items() if os.path.exists(os.path.join(project.root, row.ci_path))]
    if len(hosts) == 1:
        return hosts[0]
    raise UsageError(
        "Neither the remote's URL nor a file here shows which forge this is", hint=f"add {host_options()}"
    )


def _refuse_conflicts(files: Sequence[TemplateFile]) -> None:
    paths = tuple(file.path for file in files if file.status == "conflict")
    if paths:
        one = len(paths) == 1
        which = f"`{paths[0]}` was edited, or is" if one else f"{len(paths)} files were edited, or are"
        hint = "`mlgit ci update --dry-run` shows the differences, `--force` replaces the files"
        raise StateError(f"{which} not mlgit's; nothing was written", hint=hint, details=() if one else paths)


def _include(host: Host, planned: Sequence[PlannedFile], files: Sequence[TemplateFile]) -> str | None:
    """The lines that are missing in an entry file of the user's own."""
    left = {file.path for file in files if file.status == "left"}
    texts = [each.existing or "" for each in planned if each.path in left]
    if not texts or includes_mlgit(host, texts[0]):
        return None
    lines = [HOSTS[host].include or ""]
    inputs = stage_inputs(declared_stages(texts[0]))
    lines += ["    inputs:\n"] if inputs else []
    return "".join([*lines, *(f"      {name}: {quoted(stage)}\n" for name, stage in inputs.items())])


def _notes(project: Project, host: Host, filled: Settings) -> tuple[str, ...]:
    kinds = dvc_remotes(project)
    notes = [*(() if kinds is None else remarks(kinds)), *findings(filled.requirement)]
    config = project.config(None)
    notes += [
        f"`{word}` is not a release; name what CI installs with `--requirement`"
        for word in filled.requirement.split()
        if _UNRELEASED.fullmatch(word)
    ]
    if not config.gates:
        notes.append(f"`{CONFIG_FILE}` has no gates, so every pull request passes")
    if not any(environment.auto for environment in config.environments.values()):
        notes.append("no environment has `auto: true`, so merges are released but not promoted")
    if filled.pipeline == "run" and project.worktree.read("dvc.yaml") is None:
        notes.append("there is no `dvc.yaml` at the root, so there is no pipeline to run")
    unfit = environment_jobs(host, config.environments)[1]
    notes += [f"the environment `{name}` gets no job: its name cannot be used in a rule" for name in unfit]
    return tuple(notes)
