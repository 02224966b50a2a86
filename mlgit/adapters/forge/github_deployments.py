"""GitHub deployments: record that a commit is deployed to an environment, and how that ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.adapters.forge.http import Client, expected_form
from mlgit.adapters.forge.limits import commit, shortened, web_address
from mlgit.core.forge.protocol import ForgeDeployment

if TYPE_CHECKING:
    from mlgit.core.forge.protocol import DeploymentState

MAX_DESCRIPTION, MAX_URL = 140, 2_000
_UNPROCESSABLE = 422
_STATES: dict[DeploymentState, str] = {
    "running": "in_progress",
    "success": "success",
    "failure": "failure",
    "inactive": "inactive",
}


def start_deployment(
    client: Client, path: str, *, environment: str, sha: str, ref: str, url: str | None, run: int | None
) -> ForgeDeployment:
    """The deployment that GitHub made for this run's job, or a new one."""
    commit(sha)
    known = _known(client, path, environment=environment, sha=sha)
    row = next((each for each in known if run is not None and _of_run(client, path, each, run)), None)
    if row is not None:
        return _deployment(client, row, environment=environment, sha=sha, ref=ref, url=url)
    row = _created(client, path, environment=environment, sha=sha, ref=ref)
    made = _deployment(
        client, row, environment=environment, sha=fields.text_or_none(row, "sha") or sha, ref=ref, url=url
    )
    if made.sha != sha:
        end_deployment(client, path, made, "inactive", description=f"Not {sha[:7]}")
        raise ForgeFailed(
            f"GitHub knows `{shortened(ref, 80)}` as {made.sha[:7]}, not as {sha[:7]}",
            hint="the tag was moved; fetch it and see `mlgit verify`",
        )
    end_deployment(client, path, made, "running")
    return made


def end_deployment(
    client: Client, path: str, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
) -> None:
    """Add a state to the deployment."""
    address = web_address(deployment.url, MAX_URL)
    body = {
        "state": _STATES[state],
        **({"description": shortened(description, MAX_DESCRIPTION)} if description else {}),
        **({"log_url": address} if address else {}),
    }
    # A repetition shows the same.
    statuses = f"{path}/deployments/{deployment.id}/statuses"
    client.send("POST", statuses, body, what="tell the state of a deployment")


def _created(client: Client, path: str, *, environment: str, sha: str, ref: str) -> Any:  # noqa: ANN401 (any JSON)
    """A new deployment of the tag, or of the commit if GitHub does not have the tag."""
    before = [_id(client, row) for row in _known(client, path, environment=environment, sha=sha)]

    def made() -> Any:  # noqa: ANN401
        rows = _known(client, path, environment=environment, sha=sha)
        return next((row for row in rows if _id(client, row) not in before), None)

    body: dict[str, object] = {
        "ref": ref,
        "environment": environment,
        "description": shortened(ref, MAX_DESCRIPTION),
        # The gates have decided: GitHub must not merge the default branch into it, nor wait for checks.
        "auto_merge": False,
        "required_contexts": [],
    }
    what = "create a deployment"
    try:
        return client.create(f"{path}/deployments", body, what=what, found=made)
    except ForgeFailed as failure:
        if failure.status != _UNPROCESSABLE or ref == sha:
            raise
    return client.create(f"{path}/deployments", body | {"ref": sha}, what=what, found=made)


def _known(client: Client, path: str, *, environment: str, sha: str) -> list[Any]:
    query = (("sha", sha), ("environment", environment), ("per_page", "100"))
    return list(client.pages(f"{path}/deployments", what="read the deployments", query=query))


def _of_run(client: Client, path: str, deployment: Any, run: int) -> bool:  # noqa: ANN401
    """Whether a deployment's log is that of the workflow run."""
    statuses = f"{path}/deployments/{_id(client, deployment)}/statuses"
    log = re.compile(rf".*/actions/runs/{run}(?:/.*)?")
    for row in client.pages(statuses, what="read the states of a deployment", query=(("per_page", "100"),)):
        if any(log.fullmatch(fields.text_or_none(row, name) or "") for name in ("log_url", "target_url")):
            return True
    return False


def _id(client: Client, row: Any) -> int:  # noqa: ANN401
    with expected_form(client.words):
        return fields.number(row, "id")


def _deployment(
    client: Client,
    row: Any,  # noqa: ANN401
    *,
    environment: str,
    sha: str,
    ref: str,
    url: str | None,
) -> ForgeDeployment:
    with expected_form(client.words):
        name = fields.text(row, "environment") or environment
        return ForgeDeployment(id=fields.number(row, "id"), environment=name, sha=sha, ref=ref, url=url)
