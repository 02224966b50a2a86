"""Deployment: the desired release of an environment, and the result of deploying it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.errors import Exit, MlgitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


Step = Literal["intent", "fetched", "verified", "switched", "done"]
NOT_STARTED = "program_not_started"
_DURING: Mapping[Step, str] = {
    "intent": "before anything was changed",
    "fetched": "while fetching its files",
    "verified": "while checking its files",
    "switched": "while switching to it",
    "done": "after switching to it",
}
State = Literal["deployed", "already", "superseded", "unassigned", "planned", "failed"]


@record
class Desired:
    """The head of an environment's tags: the release that its target should serve.

    `tag` and `oid` are those of the environment's tag; `oid` is the key of the deployment. `sequence` is the
    highest counter of the environment. `version` and `release_…` are None if the commit is not a version.
    `previous` is the version that the environment held before.
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
    """The error of one deployment, and the step it failed in."""

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
    """The result for one model.

    `tag` is the environment's tag that was deployed, `superseded_by` a newer one, and `superseded_label` what
    the environment holds since. `before` is the version
    that was served until then, if the target knows it. `folder` is the target's folder, `release` the folder
    of the release below `releases/`, `journal` the journal's file; `command` is the argument list of target
    `command`. `kept` says that the release was on the target already, `resumed` that a killed deployment was
    finished, `stated` that the release stated sha256 digests. `removed` are old releases. `steps` are those
    done, or those a dry run would do.
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
    superseded_label: str | None = None
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
    """The result of `mlgit deploy`: one deployment per model.

    `tags_as_of` is when tags were last fetched from `remote`; None without one, or if unknown. `notes` are
    sentences about the tags that were fetched.
    """

    environment: str
    dry_run: bool
    at: datetime
    deployments: tuple[Deployment, ...] = ()
    remote: str | None = None
    tags_as_of: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of the first failure, otherwise 0."""
        failures = (each.failure for each in self.deployments if each.failure is not None)
        return next((failure.exit_code for failure in failures), Exit.DONE)


def failed_during(deployment: Deployment, step: Step, code: str = "") -> str:
    """When a deployment failed with an error of this code, to follow the sentence that it did."""
    if step == "done" and deployment.command is not None:
        return "before its program ran" if code == NOT_STARTED else "while its program was running"
    return _DURING[step]


def failure(step: Step, error: MlgitError) -> Failure:
    return Failure(
        step=step,
        code=error.code,
        exit_code=error.exit_code,
        message=error.message,
        hint=error.hint,
        details=error.details,
    )
