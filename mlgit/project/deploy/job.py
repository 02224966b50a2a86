"""Deploy job: what one deployment knows, which step it is in, and its files fetched and verified."""

from __future__ import annotations

import errno
import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from mlgit.core.deploy.deployment import DeployedFile, Deployment
from mlgit.core.deploy.manifest import MANIFEST
from mlgit.core.registry.statement import write_time
from mlgit.errors import StateError, ToolError
from mlgit.project.deploy.model_files import (
    ModelFiles,
    model_files,
    require_stated,
    require_stated_commit,
    stage,
    staged_before,
    stated_sums,
)

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import Desired, State, Step
    from mlgit.core.progress import Progress
    from mlgit.core.registry.statement import ReleaseStatement
    from mlgit.project.deploy.desired_state import Head
    from mlgit.project.deploy.staging import Sums
    from mlgit.project.open import Project


class Job:
    """One deployment of one model.

    Args:
        project: the repository.
        head: what shall be deployed.
        progress: told what goes on.
    """

    def __init__(self, project: Project, head: Head, *, progress: Progress) -> None:
        self.project = project
        self.desired: Desired = head.desired
        self.statement: ReleaseStatement | None = None if head.version is None else head.version.statement
        self.progress = progress
        self.step: Step = "intent"
        self.notes: list[str] = []
        self._sources: dict[str, str] = {}
        if head.version is not None and head.version.deregistered:
            self.notes.append(f"`{head.version.tag}` is deregistered; roll `{self.desired.environment}` back")
        self._begun_s = time.monotonic()

    @property
    def took_ms(self) -> int:
        """How long it went on so far."""
        return round((time.monotonic() - self._begun_s) * 1000)

    def at(self) -> str:
        """The time now, for the journal: when this run was started, and how long it went on since."""
        return write_time(self.project.now + timedelta(milliseconds=self.took_ms))

    def fetch(self, folder: str) -> dict[str, Sums]:
        """Bring the release's files into a folder; what a killed run left there is taken when it is whole.

        Returns:
            Path below the folder -> what the file is.
        """
        desired = self.desired
        label = desired.release_tag or desired.tag
        files = model_files(
            self.project, desired.model, desired.commit, label=label, statement=self.statement
        )
        if any(each.destination == MANIFEST for each in files.files):
            raise StateError(
                f"A model called `{MANIFEST}` cannot be deployed: the release's own manifest is called so",
                hint="give the model's file another name",
            )
        if self.statement is not None:
            require_stated_commit(self.project, desired.commit, files.path, self.statement)
        there = staged_before(files, folder)
        _clear(folder, there)
        missing = tuple(each for each in files.files if each.destination not in there)
        sums = there | stage(
            self.project,
            desired.commit,
            ModelFiles(files.path, missing),
            staging=folder,
            progress=self.progress,
        )
        self._sources = {each.destination: each.source.path for each in files.files}
        return sums

    def verify(self, sums: dict[str, Sums]) -> tuple[DeployedFile, ...]:
        """Hold what was fetched against what the release stated.

        Raises:
            AnswerNo: a file is another one.
        """
        stated = stated_sums(self.statement)
        for place, found in sums.items():
            require_stated(self._sources[place], found, stated)
        return tuple(
            DeployedFile(path=place, sha256=sums[place].sha256, size_bytes=sums[place].size_bytes)
            for place in sorted(sums)
        )

    def answer(self, target: Literal["local", "command"], state: State) -> Deployment:
        """What is known of it whatever its target is."""
        desired = self.desired
        return Deployment(
            model=desired.model,
            environment=desired.environment,
            target=target,
            state=state,
            tag=desired.tag,
            oid=desired.oid,
            version=desired.version,
            commit=desired.commit,
            action=desired.action,
            stated=bool(stated_sums(self.statement)),
            took_ms=self.took_ms,
            # A target may have been looked at twice.
            notes=tuple(dict.fromkeys(self.notes)),
        )


def refused(error: OSError) -> ToolError:
    """What the system says about a file or a disk, as a failure of the deployment."""
    place = f" `{error.filename}`" if error.filename else ""
    hint = None
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        hint = "free some disk space, then run it again"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        hint = "the user who deploys must be able to write there"
    return ToolError(f"The system refused{place}: {error.strerror or error}", hint=hint)


def _clear(folder: str, keep: dict[str, Sums]) -> None:
    """Remove what a killed run left half finished."""
    wanted = {os.path.join(folder, *place.split("/")) for place in keep}
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*names, *links):
            path = os.path.join(place, name)
            if path not in wanted:
                os.unlink(path)
