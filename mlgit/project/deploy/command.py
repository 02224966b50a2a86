"""Deploy by a program: its files fetched and verified into a temporary folder, then the program run."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.deploy.deployment import failure
from mlgit.core.deploy.folders import fill
from mlgit.core.deploy.manifest import MANIFEST, manifest_of, write_manifest
from mlgit.errors import MlgitError, ToolError
from mlgit.project.deploy.job import refused

if TYPE_CHECKING:
    from mlgit.adapters.target.command import Ended
    from mlgit.core.config.file import CommandTarget
    from mlgit.core.deploy.deployment import DeployedFile, Deployment, Desired, State, Step
    from mlgit.project.deploy.job import Job


def deploy_command(job: Job, target: CommandTarget, *, dry_run: bool) -> Deployment:
    """Run the user's program with what is desired; what goes wrong is in the answer's `failure`.

    It is run each time: whether there is anything to do only the program can know.
    """
    desired = job.desired
    argv = tuple(
        fill(word, model=desired.model, environment=desired.environment, version=desired.version or "")
        for word in target.command
    )
    if dry_run:
        return _told(job, argv, "planned", steps=("fetched", "verified", "done"))
    steps: list[Step] = []
    files: tuple[DeployedFile, ...] = ()
    try:
        with tempfile.TemporaryDirectory(prefix="mlgit-deploy-", ignore_cleanup_errors=True) as folder:
            job.step = "fetched"
            sums = job.fetch(folder)
            steps.append("fetched")
            job.step = "verified"
            files = job.verify(sums)
            with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as file:
                file.write(write_manifest(manifest_of(desired, files)))
            steps.append("verified")
            job.step = "done"
            _run(job, target, argv, folder)
            steps.append("done")
    except OSError as error:
        return _told(job, argv, "failed", steps=tuple(steps), files=files, error=refused(error))
    except MlgitError as error:
        return _told(job, argv, "failed", steps=tuple(steps), files=files, error=error)
    return _told(job, argv, "deployed", steps=tuple(steps), files=files)


def variables(desired: Desired, folder: str) -> dict[str, str]:
    """What the program finds in its environment; what there is not is empty."""
    return {
        "MLGIT_MODEL": desired.model,
        "MLGIT_VERSION": desired.version or "",
        "MLGIT_ENVIRONMENT": desired.environment,
        "MLGIT_TAG": desired.tag,
        "MLGIT_TAG_OID": desired.oid,
        "MLGIT_RELEASE_TAG": desired.release_tag or "",
        "MLGIT_COMMIT": desired.commit,
        "MLGIT_ACTION": desired.action,
        "MLGIT_PREVIOUS_VERSION": desired.previous or "",
        "MLGIT_PATH": folder,
    }


def _run(job: Job, target: CommandTarget, argv: tuple[str, ...], folder: str) -> None:
    from mlgit.adapters.target.command import run

    job.progress.say(f"Running {argv[0]}")
    ended = run(
        argv, folder=job.project.root, variables=variables(job.desired, folder), timeout_s=target.timeout_s
    )
    if ended.status != 0:
        raise _failed(argv[0], ended, target.timeout_s)


def _failed(program: str, ended: Ended, timeout_s: int) -> ToolError:
    if ended.status is None:
        return ToolError(
            f"`{program}` did not end within {timeout_s} s and was ended",
            hint="give it more time with `timeout:` under `deploy:`",
        )
    if ended.status < 0:
        return ToolError(f"`{program}` was killed by signal {-ended.status}")
    return ToolError(f"`{program}` ended with exit code {ended.status}", hint="what it said stands above")


def _told(
    job: Job,
    argv: tuple[str, ...],
    state: State,
    *,
    steps: tuple[Step, ...],
    files: tuple[DeployedFile, ...] = (),
    error: MlgitError | None = None,
) -> Deployment:
    if error is not None:
        error.details = (*error.details, f"step: {job.step}")
    return replace(
        job.answer("command", state),
        before=job.desired.previous,
        command=argv,
        files=files,
        steps=steps,
        failure=None if error is None else failure(job.step, error),
    )
