"""Deploy job: one deployment of one model, its current step, and its files, fetched and verified."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mlgit.core.deploy.deployment import (
    DeployedFile,
    Deployment,
    Desired,
    State,
    Step,
    failed_during,
    failure,
)
from mlgit.core.deploy.manifest import MANIFEST
from mlgit.core.stated_time import write_time
from mlgit.core.wording import words
from mlgit.errors import MlgitError, StateError, ToolError
from mlgit.project.deploy.model_files import (
    ModelFiles,
    kept_elsewhere,
    model_files,
    require_stated,
    require_stated_commit,
    stage,
    staged_before,
    stated_sums,
)
from mlgit.project.registry.former_environments import environments_before
from mlgit.project.registry.former_names import names_before

if TYPE_CHECKING:
    from mlgit.core.progress import Progress
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.deploy.desired_state import Head
    from mlgit.project.deploy.staging import Sums
    from mlgit.project.open import Project


class Job:
    """One deployment of one model to the named target; the deployer enters and finishes each step."""

    def __init__(self, project: Project, head: Head, *, target: str, progress: Progress) -> None:
        self.project = project
        self.desired: Desired = head.desired
        self.statement: ReleaseStatement | None = None if head.version is None else head.version.statement
        self.progress = progress
        self.step: Step = "intent"
        self.steps: list[Step] = []
        self.files: tuple[DeployedFile, ...] = ()
        self.notes: list[str] = []
        self._target = target
        self._model_files: tuple[ModelFiles, dict[str, Sums]] | None = None
        if head.version is not None and head.version.deregistered:
            self.notes.append(f"`{head.version.tag}` is deregistered; roll `{self.desired.environment}` back")
        self._started_s = time.monotonic()

    def is_model(self, name: str) -> bool:
        """Whether this is the model's name, or one that it had before on trunk."""
        trunk = self.project.trunk
        return name == self.desired.model or (
            trunk is not None and name in names_before(self.project, self.desired.model, trunk.commit)
        )

    @property
    def former_environments(self) -> tuple[str, ...]:
        """The names that the environment had before on trunk."""
        return environments_before(self.project, self.desired.environment)

    def enter(self, step: Step) -> None:
        self.step = step

    def finish(self, step: Step) -> None:
        self.step = step
        self.steps.append(step)

    @property
    def took_ms(self) -> int:
        return round((time.monotonic() - self._started_s) * 1000)

    def at(self) -> str:
        """The time now, for the journal: when this run started, plus how long it has taken."""
        return write_time(self.project.now + timedelta(milliseconds=self.took_ms))

    def fetch(self, folder: str) -> None:
        """Fetch the release's files into a folder; whole files of a killed run are kept, others removed.

        Raises:
            AnswerNo: the commit is not what the release stated.
            StateError: the model has no path, was never made, or has the name of the manifest.
            ToolError: a file cannot be fetched, or is damaged.
        """
        desired = self.desired
        label = desired.release_tag or desired.tag
        files = model_files(
            self.project, desired.model, desired.commit, label=label, statement=self.statement
        )
        if any(each.destination == MANIFEST for each in files.files):
            raise StateError(
                f"A model named `{MANIFEST}` cannot be deployed: the manifest of the release has that name",
                hint="give the model's file another name",
            )
        if self.statement is not None:
            require_stated_commit(self.project, desired.commit, files.path, self.statement)
        sums = staged_before(files, folder)
        _remove_others(folder, sums)
        missing = files._replace(files=tuple(each for each in files.files if each.destination not in sums))
        with kept_elsewhere(self.statement):
            sums |= stage(self.project, desired.commit, missing, staging=folder, progress=self.progress)
        self._model_files = files, sums

    def verify(self) -> None:
        """Check the fetched files against the release's statement.

        Raises:
            AnswerNo: a file differs.
        """
        assert self._model_files is not None  # noqa: S101 (a deployer fetches before it verifies)
        files, sums = self._model_files
        require_stated(files, sums, self.statement)
        self.files = tuple(
            DeployedFile(path=path, sha256=sums[path].sha256, size_bytes=sums[path].size_bytes)
            for path in sorted(sums)
        )

    def result(self, state: State) -> Deployment:
        """The deployment so far, without the details that only its target knows."""
        desired = self.desired
        return Deployment(
            model=desired.model,
            environment=desired.environment,
            target=self._target,
            state=state,
            tag=desired.tag,
            oid=desired.oid,
            version=desired.version,
            commit=desired.commit,
            action=desired.action,
            before=desired.previous,
            stated=bool(stated_sums(self.statement)),
            files=self.files,
            steps=tuple(self.steps),
            took_ms=self.took_ms,
            # A target may be examined twice.
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def failed(self, error: MlgitError | OSError, deployment: Deployment, *details: str) -> Deployment:
        """The same deployment, failed in the current step."""
        known = as_failure(error)
        known.details = (
            *known.details,
            *details,
            f"it failed {failed_during(deployment, self.step, known.code)}",
        )
        return replace(deployment, state="failed", failure=failure(self.step, known))


def as_failure(error: MlgitError | OSError, *folders: str) -> MlgitError:
    """The error itself, or a ToolError with a hint for one of the system.

    `folders` are those that a deployment writes to: the system does not say which disk is full.
    """
    if not isinstance(error, OSError):
        return error
    place = f" (`{error.filename}`)" if error.filename else ""
    hint = None
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        disks = words(dict.fromkeys((*folders, tempfile.gettempdir())))
        hint = f"free some space on the disk that is full (`df -h {disks}` shows it), then deploy again"
    elif error.errno == errno.EROFS:
        hint = "its file system is mounted read-only; when it can be written to, deploy again"
    elif error.errno in {errno.EACCES, errno.EPERM}:
        hint = "the user who deploys must be able to write there"
    elif error.errno == errno.ENOTDIR:
        hint = "a file is where a folder of this path should be; move it away, then deploy again"
    return ToolError(f"{error.strerror or error}{place}", hint=hint)


def _remove_others(folder: str, keep: dict[str, Sums]) -> None:
    """Remove every file and link in a folder except these paths."""
    kept = {os.path.join(folder, *path.split("/")) for path in keep}
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in (*names, *links):
            path = os.path.join(parent, name)
            if path not in kept:
                os.unlink(path)
