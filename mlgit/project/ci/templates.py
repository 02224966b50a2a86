"""CI templates: compare the bundled files with those of a repository, and write all of them or none."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit import __version__
from mlgit.adapters.runner.files import write_whole
from mlgit.core.ci.advice import environment_jobs, is_plain_branch, plugins, remote_kinds
from mlgit.core.ci.requirement import is_bare, missing_requirement, recorded
from mlgit.core.ci.templates import (
    Settings,
    TemplateFile,
    TemplateSet,
    destination,
    difference,
    fill,
    read_stamp,
    repinned,
    settings_in,
    stamped,
    status_of,
)
from mlgit.core.forge.hosts import HOSTS, Host
from mlgit.core.record import record
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.ci.templates import PipelineMode, Status
    from mlgit.project.open import Project


@record
class PlannedFile:
    """A template file: its text now (None: missing), its new text, and its first line."""

    path: str
    template: str
    existing: str | None
    wanted: str


def bundled(host: Host) -> Mapping[str, tuple[str, str]]:
    """The bundled files: path in a repository -> name and text."""
    from mlgit.resources import folder

    base = folder("ci-templates")
    found = {}
    for parent, _, names in sorted(os.walk(os.path.join(base, host))):
        for name in sorted(names):
            full = os.path.join(parent, name)
            template = os.path.relpath(full, base).replace(os.sep, "/")
            path = destination(host, template)
            if path is not None:
                with open(full, encoding="utf-8") as file:
                    found[path] = (template, file.read())
    return found


def installed(project: Project, host: Host) -> Mapping[str, str]:
    """The installed files that mlgit wrote: path -> text."""
    texts = {path: _text(project, path) for path in bundled(host)}
    return {path: text for path, text in texts.items() if text is not None and read_stamp(text) is not None}


def settings(
    project: Project,
    host: Host,
    *,
    pipeline: PipelineMode | None,
    requirement: str | None,
    keep: bool = False,
) -> Settings:
    """The settings: the given ones, then those of installed files, then defaults for the repository.

    `keep` takes an installed requirement even if it is mlgit's name alone.

    Raises:
        UsageError: no requirement is given or installed, and pip recorded none.
    """
    present = settings_in(list(installed(project, host).values()))
    if requirement is None:
        known = present.get("requirement")
        if known is None or (is_bare(known) and not keep):
            own = recorded(_direct_url())
            if own is None:
                raise missing_requirement()
            requirement = " ".join((own, *plugins(dvc_remotes(project) or ())))
        else:
            requirement = repinned(known, __version__)
    names = tuple(project.config(None).environments)
    return Settings(
        pipeline=pipeline or ("run" if present.get("pipeline") == "run" else "verify"),
        requirement=requirement,
        branch=_branch(project) or present.get("branch") or "main",
        environments=environment_jobs(host, names)[0],
    )


def dvc_remotes(project: Project) -> tuple[str, ...] | None:
    """The schemes of the DVC remotes in `.dvc/config`; None in a repository without DVC."""
    text = _text(project, ".dvc/config")
    return None if text is None else remote_kinds(text)


def plan(project: Project, host: Host, filled: Settings) -> tuple[PlannedFile, ...]:
    """Every file of the host's templates, with its current and new text."""
    return tuple(
        PlannedFile(
            path=path,
            template=template,
            existing=_text(project, path),
            wanted=stamped(template, fill(text, filled), version=__version__),
        )
        for path, (template, text) in bundled(host).items()
    )


def file_status(host: Host, planned: PlannedFile, *, force: bool) -> TemplateFile:
    """The status of one file, and its difference from the template."""
    status: Status = status_of(planned.existing, planned.wanted)
    if planned.path == HOSTS[host].entry and status in {"edited", "conflict"}:
        status = "left"  # users add their own jobs to it; it only has to include mlgit's
    elif force and status in {"edited", "conflict"}:
        status = "replace"
    path, kept = planned.path, status in {"same", "left"}
    shown = None if kept else difference(path, planned.existing, planned.wanted)
    return TemplateFile(path=path, template=planned.template, status=status, difference=shown)


def apply(
    project: Project,
    host: Host,
    filled: Settings,
    planned: Sequence[PlannedFile],
    files: tuple[TemplateFile, ...],
    *,
    dry_run: bool,
) -> TemplateSet:
    """Write the files that change, unless it is a `dry_run`; see `write`."""
    if not dry_run:
        write(project, planned, files)
    return TemplateSet(
        host=host,
        version=__version__,
        pipeline=filled.pipeline,
        requirement=filled.requirement,
        dry_run=dry_run,
        files=files,
    )


def write(project: Project, planned: Sequence[PlannedFile], files: Sequence[TemplateFile]) -> None:
    """Write the files that change: all of them, or none.

    Raises:
        StateError: something other than a file is at a path, or the path leads out of the repository.
    """
    paths = {file.path for file in files if file.is_written}
    changed = [each for each in planned if each.path in paths]
    for each in changed:
        _check_place(project.root, each.path)
    wanted = {os.path.join(project.root, each.path): each.wanted for each in changed}
    try:
        for full in wanted:
            os.makedirs(os.path.dirname(full), exist_ok=True)
        write_whole(wanted)
    except BaseException:
        _restore(project.root, changed)
        raise


def _restore(root: str, changed: Sequence[PlannedFile]) -> None:
    """Restore the files as they were, as far as the disk allows."""
    for each in changed:
        full = os.path.join(root, each.path)
        with suppress(OSError):
            if each.existing is not None:
                write_whole({full: each.existing}, errors="surrogateescape")
            elif os.path.lexists(full):
                os.remove(full)
        with suppress(OSError):
            os.removedirs(os.path.dirname(full))


def _check_place(root: str, path: str) -> None:
    full = os.path.join(root, path)
    real = os.path.realpath(os.path.dirname(full))
    inside = os.path.commonpath([real, os.path.realpath(root)]) == os.path.realpath(root)
    if not inside or os.path.islink(full) or (os.path.lexists(full) and not os.path.isfile(full)):
        raise StateError(
            f"`{path}` cannot be written: its path is a link, a folder, or outside the repository",
            hint="move it away, then run the command again",
        )


def _direct_url() -> str | None:
    """What pip recorded about where this mlgit comes from."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution("mlgit").read_text("direct_url.json")
    except PackageNotFoundError:
        return None


def _text(project: Project, path: str) -> str | None:
    content = project.worktree.read(path)
    return None if content is None else content.decode("utf-8", "surrogateescape")


def _branch(project: Project) -> str | None:
    """The name of the default branch, without the name of the remote."""
    if project.trunk is None:
        return None
    name = project.trunk.short
    if project.trunk.ref.startswith("refs/remotes/"):
        name = name.removeprefix(f"{project.remote}/")
    if not is_plain_branch(name):
        raise StateError(
            f"The default branch is named `{name}`, which has another meaning in a workflow's filter",
            expected="letters, digits, `.`, `_`, `/` and `-`",
        )
    return name


def declared_stages(entry: str) -> tuple[str, ...]:
    """The `stages:` of a `.gitlab-ci.yml`; empty if it declares none, or cannot be read."""
    import yaml

    try:
        root = yaml.compose(entry, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return ()
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "stages" and isinstance(value, yaml.SequenceNode):
            return tuple(each.value for each in value.value if isinstance(each, yaml.ScalarNode))
    return ()
