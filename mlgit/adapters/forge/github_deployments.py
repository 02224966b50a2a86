"""GitHub deployments: that a commit is on its way to an environment, and how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.adapters.forge.http import Client, understood
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
    client: Client, place: str, *, environment: str, sha: str, ref: str, url: str | None, run: int | None
) -> ForgeDeployment:
    """The deployment that GitHub made for this run's job, else a new one."""
    commit(sha)
    known = _known(client, place, environment=environment, sha=sha)
    row = next((each for each in known if run is not None and _of_run(client, place, each, run)), None)
    if row is not None:
        return _deployment(client, row, environment=environment, sha=sha, ref=ref, url=url)
    row = _created(client, place, environment=environment, sha=sha, ref=ref)
    made = _deployment(
        client, row, environment=environment, sha=fields.text_or_none(row, "sha") or sha, ref=ref, url=url
    )
    if made.sha != sha:
        end_deployment(client, place, made, "inactive", description=f"Not {sha[:7]}")
        raise ForgeFailed(
            f"GitHub knows `{shortened(ref, 80)}` as {made.sha[:7]}, not as {sha[:7]}",
            hint="the tag was moved; fetch it and see `mlgit verify`",
        )
    end_deployment(client, place, made, "running")
    return made


def end_deployment(
    client: Client, place: str, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
) -> None:
    """Add a state to what is told of the deployment."""
    address = web_address(deployment.url, MAX_URL)
    body = {
        "state": _STATES[state],
        **({"description": shortened(description, MAX_DESCRIPTION)} if description else {}),
        **({"log_url": address} if address else {}),
    }
    # Told twice it shows the same.
    path = f"{place}/deployments/{deployment.id}/statuses"
    client.send("POST", path, body, what="tell the state of a deployment")


def _created(client: Client, place: str, *, environment: str, sha: str, ref: str) -> Any:  # noqa: ANN401 (any JSON)
    """A new deployment of the tag; of the commit where GitHub has no such tag."""
    before = [_id(client, row) for row in _known(client, place, environment=environment, sha=sha)]

    def made() -> Any:  # noqa: ANN401
        rows = _known(client, place, environment=environment, sha=sha)
        return next((row for row in rows if _id(client, row) not in before), None)

    body: dict[str, object] = {
        "ref": ref,
        "environment": environment,
        "description": shortened(ref, MAX_DESCRIPTION),
        # The gates have decided; GitHub is not to merge the default branch in, nor to wait for checks.
        "auto_merge": False,
        "required_contexts": [],
    }
    what = "create a deployment"
    try:
        return client.create(f"{place}/deployments", body, what=what, found=made)
    except ForgeFailed as failure:
        if failure.status != _UNPROCESSABLE or ref == sha:
            raise
    return client.create(f"{place}/deployments", body | {"ref": sha}, what=what, found=made)


def _known(client: Client, place: str, *, environment: str, sha: str) -> list[Any]:
    query = (("sha", sha), ("environment", environment), ("per_page", "100"))
    return list(client.pages(f"{place}/deployments", what="read the deployments", query=query))


def _of_run(client: Client, place: str, row: Any, run: int) -> bool:  # noqa: ANN401
    """Whether a deployment's log is that of the workflow run."""
    path = f"{place}/deployments/{_id(client, row)}/statuses"
    log = re.compile(rf".*/actions/runs/{run}(?:/.*)?")
    for told in client.pages(path, what="read the states of a deployment", query=(("per_page", "100"),)):
        if any(log.fullmatch(fields.text_or_none(told, name) or "") for name in ("log_url", "target_url")):
            return True
    return False


def _id(client: Client, row: Any) -> int:  # noqa: ANN401
    with understood(client.words):
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
    with understood(client.words):
        name = fields.text(row, "environment") or environment
        return ForgeDeployment(id=fields.number(row, "id"), environment=name, sha=sha, ref=ref, url=url)
