"""Deployment: what an environment wants on its target, and what became of it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from mlgit.errors import MlgitError

Step = Literal["intent", "fetched", "verified", "switched", "done"]
State = Literal["deployed", "already", "superseded", "unassigned", "planned", "failed"]


@record
class Desired:
    """The head of an environment's tags: what should be on the target.

    `tag` and `oid` are those of the environment's tag; `oid` is the key of the deployment. `sequence` is the
    highest counter of the environment. `version` and `release` are None when the commit is no version.
    `previous` is what the environment held before.
    """

    model: str
    environment: str
    tag: str
    oid: str
    sequence: int
    action: Literal["promote", "rollback"]
    commit: str
    version: str | None = None
    release_tag: str | None = None
    release_oid: str | None = None
    previous: str | None = None


@record
class Failure:
    """Why one deployment failed, and in which step; `exit_code` is the error's."""

    step: Step
    code: str
    exit_code: int
    message: str
    hint: str | None = None
    details: tuple[str, ...] = ()


@record
class DeployedFile:
    """A file of the release, `path` below the release's folder."""

    path: str
    sha256: str
    size_bytes: int


@record
class Deployment:
    """What became of one model.

    `tag` is the environment's tag that was deployed; `before` the version that was served until then (as far
    as the target tells), `superseded_by` the newer tag. `folder` is the target's folder, `release` the
    folder below it, `journal` the journal's file; `command` the argument list of target `command`.
    `removed` are the releases that were cleared away. `steps` are those done, or those a dry run would do.
    """

    model: str
    environment: str
    target: str
    state: State
    tag: str | None = None
    oid: str | None = None
    version: str | None = None
    commit: str | None = None
    action: Literal["promote", "rollback"] | None = None
    before: str | None = None
    superseded_by: str | None = None
    folder: str | None = field(default=None, metadata={"json": "place"})
    release: str | None = None
    journal: str | None = None
    command: tuple[str, ...] | None = None
    kept: bool = False
    resumed: bool = False
    stated: bool = False
    files: tuple[DeployedFile, ...] = ()
    removed: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    took_ms: int | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()


@record
class DeployReport:
    """What `mlgit deploy` answers: one deployment a model.

    `tags_as_of` is when tags were last fetched from `remote`, None without one or if unknown.
    """

    environment: str
    dry_run: bool
    at: datetime
    deployments: tuple[Deployment, ...] = ()
    remote: str | None = None
    tags_as_of: datetime | None = None

    @property
    def exit_code(self) -> int:
        """0, or that of the first failure."""
        failures = (each.failure for each in self.deployments if each.failure is not None)
        return next((failure.exit_code for failure in failures), 0)


def failure(step: Step, error: MlgitError) -> Failure:
    """An error as the failure of a step."""
    return Failure(
        step=step,
        code=error.code,
        exit_code=error.exit_code,
        message=error.message,
        hint=error.hint,
        details=error.details,
    )
