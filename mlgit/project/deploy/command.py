"""Target `command`: fetch and verify the files in a temporary folder, then run the user's program."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.target.command import run
from mlgit.core.deploy.folders import fill
from mlgit.core.deploy.manifest import MANIFEST, manifest_of, write_manifest
from mlgit.core.wording import cut, words
from mlgit.errors import MlgitError, ToolError

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import Deployment, Desired
    from mlgit.core.deploy.targets import CommandTarget
    from mlgit.project.deploy.job import Job

_SHOWN = 60  # characters of a command in an error


def deploy(job: Job, target: CommandTarget, *, dry_run: bool) -> Deployment:
    """Run the user's program each time: only the program can know whether there is anything to do."""
    desired = job.desired
    argv = tuple(
        fill(word, model=desired.model, environment=desired.environment, version=desired.version or "")
        for word in target.command
    )
    if dry_run:
        return replace(job.result("planned"), command=argv, steps=("fetched", "verified", "done"))
    try:
        _deploy(job, argv, target.timeout_s)
    except (MlgitError, OSError) as error:
        return job.failed(error, replace(job.result("failed"), command=argv))
    return replace(job.result("deployed"), command=argv)


def _deploy(job: Job, argv: tuple[str, ...], timeout_s: int) -> None:
    with tempfile.TemporaryDirectory(prefix="mlgit-deploy-", ignore_cleanup_errors=True) as folder:
        job.enter("fetched")
        job.fetch(folder)
        job.finish("fetched")
        job.enter("verified")
        job.verify()
        with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as file:
            file.write(write_manifest(manifest_of(job.desired, job.files)))
        job.finish("verified")
        job.enter("done")
        job.progress.say(f"Running {words(argv)}")
        status = run(
            argv, folder=job.project.root, variables=_variables(job.desired, folder), timeout_s=timeout_s
        )
        if status != 0:
            raise _failed(cut(words(argv), _SHOWN), status, timeout_s)
        job.finish("done")


def _variables(desired: Desired, folder: str) -> dict[str, str]:
    """The environment variables for the program; one without a value is empty."""
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


def _failed(program: str, status: int | None, timeout_s: int) -> ToolError:
    if status is None:
        return ToolError(
            f"`{program}` did not end within {timeout_s} s and was stopped",
            hint="give it more time with `timeout:` under `deploy:`",
        )
    if status < 0:
        return ToolError(f"`{program}` was killed by signal {-status}")
    return ToolError(f"`{program}` ended with exit code {status}")
