"""GitHub deployments: record that a commit is deployed to an environment, and how that ended."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import ForgeFailed
from mlgit.adapters.forge.limits import commit, shortened, web_address

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.adapters.forge.http import Client
    from mlgit.core.forge.protocol import DeploymentState, ForgeDeployment

MAX_DESCRIPTION, MAX_URL = 140, 2_000
_UNPROCESSABLE = 422


def start_deployment(
    client: Client, path: str, wanted: ForgeDeployment, *, run: int | None
) -> ForgeDeployment:
    """The deployment that GitHub made for this run's job, or a new one; the id of `wanted` is unused."""
    commit(wanted.sha)
    known = _known(client, path, wanted)
    for row in known:
        if run is not None and _of_run(client, path, row, run):
            return _deployment(client, row, wanted)
    row = _created(client, path, wanted, known={_id(client, each) for each in known})
    made = _deployment(client, row, replace(wanted, sha=fields.text_or_none(row, "sha") or wanted.sha))
    if made.sha != wanted.sha:
        end_deployment(client, path, made, "inactive", description=f"Not {wanted.sha[:7]}")
        raise ForgeFailed(
            f"GitHub knows `{shortened(wanted.ref, 80)}` as {made.sha[:7]}, not as {wanted.sha[:7]}",
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
        "state": "in_progress" if state == "running" else state,
        **({"description": shortened(description, MAX_DESCRIPTION)} if description else {}),
        **({"log_url": address} if address else {}),
    }
    # Repeating this request is harmless.
    statuses = f"{path}/deployments/{deployment.id}/statuses"
    client.send("POST", statuses, body, what="set the state of a deployment")


def _created(client: Client, path: str, wanted: ForgeDeployment, *, known: Collection[int]) -> Any:  # noqa: ANN401 (any JSON)
    """A new deployment of the tag, or of the commit if GitHub does not have the tag."""

    def made() -> Any:  # noqa: ANN401
        rows = _known(client, path, wanted)
        return next((row for row in rows if _id(client, row) not in known), None)

    body: dict[str, object] = {
        "ref": wanted.ref,
        "environment": wanted.environment,
        "description": shortened(wanted.ref, MAX_DESCRIPTION),
        # The gates have decided: GitHub must not merge the default branch into it, nor wait for checks.
        "auto_merge": False,
        "required_contexts": [],
    }
    what = "create a deployment"
    try:
        return client.create(f"{path}/deployments", body, what=what, found=made)
    except ForgeFailed as failure:
        if failure.status != _UNPROCESSABLE or wanted.ref == wanted.sha:
            raise
    return client.create(f"{path}/deployments", body | {"ref": wanted.sha}, what=what, found=made)


def _known(client: Client, path: str, wanted: ForgeDeployment) -> list[Any]:
    query = (("sha", wanted.sha), ("environment", wanted.environment), ("per_page", "100"))
    return list(client.pages(f"{path}/deployments", what="read the deployments", query=query))


def _of_run(client: Client, path: str, deployment: Any, run: int) -> bool:  # noqa: ANN401
    """Whether a deployment's log is that of the workflow run."""
    statuses = f"{path}/deployments/{_id(client, deployment)}/statuses"
    log = re.compile(rf".*/actions/runs/{run}(?:/.*)?")
    rows = client.pages(statuses, what="read the states of a deployment", query=(("per_page", "100"),))
    urls = (fields.text_or_none(row, name) for row in rows for name in ("log_url", "target_url"))
    return any(log.fullmatch(url or "") for url in urls)


def _id(client: Client, row: Any) -> int:  # noqa: ANN401
    with client.expected_form():
        return fields.number(row, "id")


def _deployment(client: Client, row: Any, wanted: ForgeDeployment) -> ForgeDeployment:  # noqa: ANN401
    with client.expected_form():
        name = fields.text(row, "environment") or wanted.environment
        return replace(wanted, id=fields.number(row, "id"), environment=name)
