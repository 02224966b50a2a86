"""GitLab: notes, commit statuses and deployments of one project over REST v4."""

from __future__ import annotations

import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import FORBIDDEN, NOT_FOUND, ForgeFailed, Words
from mlgit.adapters.forge.http import Client, allowed
from mlgit.adapters.forge.limits import commit, repository, sendable, shortened, web_address
from mlgit.core.forge.comments import equal_comment
from mlgit.core.forge.protocol import Comment, ForgeDeployment, PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.protocol import CheckRun, CheckState, DeploymentState

MAX_NAME, MAX_DESCRIPTION, MAX_URL = 255, 250, 255
_BAD_REQUEST = 400
_PAGE = (("per_page", "100"),)
# A note may have a million characters, and a hundred of those are larger than the longest response.
_NOTES_PAGE = (("per_page", "20"), ("order_by", "created_at"), ("sort", "asc"))
# GitLab runs lines that begin with `/` as commands (`/merge`, `/close`), with the rights of mlgit's token.
_COMMAND = re.compile(r"^([ \t]*)/(?=[A-Za-z_])", re.MULTILINE)
_ESCAPED_COMMAND = re.compile(r"^([ \t]*)\u200b/", re.MULTILINE)
_RIGHT = "the token needs the scope `api` and the role Developer; `CI_JOB_TOKEN` may not write notes"
# The states that differ. A GitLab status cannot require an action, but a pending one stops a merge as well.
_STATES: dict[CheckState | DeploymentState, str] = {
    "failure": "failed",
    "action_required": "pending",
    "inactive": "canceled",
}


class GitLab:
    """One project at GitLab; see core.forge.protocol.Forge.

    `api` is `https://gitlab.com/api/v4`, without a slash at the end. `project` is its id, or its path
    (`group/name`), and `page` its address, for links to notes. `token`, from the variable `variable`, is a
    project's, a group's or a person's, with the scope `api`. `pipeline` and `job` are the ids of this run.
    """

    def __init__(
        self,
        api: str,
        project: str,
        *,
        token: str,
        variable: str = "MLGIT_GITLAB_TOKEN",
        page: str | None = None,
        pipeline: int | None = None,
        job: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        name = project if project.isascii() and project.isdigit() else quote(repository(project), safe="")
        self._path = f"/projects/{name}"
        self._page = page
        self._pipeline = pipeline
        self._job = job
        self._by_jobs: set[int] = set()
        self._client = Client(
            api,
            token=token,
            header=("PRIVATE-TOKEN", "{}"),
            words=Words(name="GitLab", token=variable, right=_RIGHT),
            more={"Accept": "application/json"},
            sleep=sleep,
        )

    @property
    def host(self) -> Host:
        return "gitlab"

    @cached_property
    def user(self) -> int:
        """The id of the token's user."""
        row = self._client.get("/user", what="read whose token this is")
        with self._client.expected_form():
            return fields.number(row, "id")

    def pull_request(self, number: int) -> PullRequest | None:
        with allowed(NOT_FOUND):
            row = self._client.get(f"{self._path}/merge_requests/{number}", what="read the merge request")
            return self._merge_request(row)
        return None

    def pull_requests_of(self, *, branch: str, sha: str, owner: str | None = None) -> Sequence[PullRequest]:
        commit(sha)
        query = (("state", "opened"), ("source_branch", branch), *_PAGE)
        path = f"{self._path}/merge_requests"
        found = []
        for row in self._client.pages(path, what="look for the merge request", query=query):
            pull = self._merge_request(row)
            if (pull.head_branch, pull.head_sha, pull.open) != (branch, sha, True):
                continue
            if owner is None or self._owner(row).lower() == owner.lower():
                found.append(pull)
        return tuple(found)

    def _owner(self, row: Any) -> str:  # noqa: ANN401 (any JSON)
        """The namespace of a merge request's source project; empty if the token may not see it."""
        with allowed(None, FORBIDDEN, NOT_FOUND):
            with self._client.expected_form():
                path = f"/projects/{fields.number(row, 'source_project_id')}"
            project = self._client.get(path, what="read the project of the merge request")
            return fields.text_or_none(project, "namespace", "full_path") or ""
        return ""

    def _merge_request(self, row: Any) -> PullRequest:  # noqa: ANN401
        with self._client.expected_form():
            return PullRequest(
                number=fields.number(row, "iid"),
                url=fields.text_or_none(row, "web_url"),
                title=fields.text(row, "title"),
                head_sha=fields.text(row, "sha"),
                head_branch=fields.text(row, "source_branch"),
                base_branch=fields.text(row, "target_branch"),
                open=fields.text(row, "state") == "opened",
                fork=row["source_project_id"] != row["target_project_id"],
            )

    def parents(self, sha: str) -> Sequence[str] | None:
        with allowed(NOT_FOUND):
            path = f"{self._path}/repository/commits/{commit(sha)}"
            row = self._client.get(path, what="read the commit")
            with self._client.expected_form():
                return tuple(fields.text({"id": each}, "id") for each in row["parent_ids"])
        return None

    def comments(self, number: int) -> Iterator[Comment]:
        """The notes of a merge request, oldest first, without those of GitLab itself."""
        for row in self._client.pages(self._notes(number), what="read the notes", query=_NOTES_PAGE):
            with self._client.expected_form():
                written = row["system"] is not True
            if written:
                yield self._comment(number, row)

    def add_comment(self, number: int, body: str) -> Comment:
        body = sendable(body)
        row = self._client.create(
            self._notes(number),
            {"body": _without_commands(body)},
            what="write a note",
            found=lambda: equal_comment(self.comments(number), body),
        )
        return row if isinstance(row, Comment) else self._comment(number, row)

    def edit_comment(self, number: int, comment: int, body: str) -> Comment:
        path = f"{self._notes(number)}/{comment}"
        row = self._client.send("PUT", path, {"body": _without_commands(body)}, what="change a note")
        return self._comment(number, row)

    def delete_comment(self, number: int, comment: int) -> None:
        with allowed(NOT_FOUND):
            self._client.send("DELETE", f"{self._notes(number)}/{comment}", what="delete a note")

    def _notes(self, number: int) -> str:
        return f"{self._path}/merge_requests/{number}/notes"

    def _comment(self, number: int, row: Any) -> Comment:  # noqa: ANN401
        with self._client.expected_form():
            note = fields.number(row, "id")
            return Comment(
                id=note,
                body=_ESCAPED_COMMAND.sub(r"\1/", fields.text(row, "body")),
                url=f"{self._page}/-/merge_requests/{number}#note_{note}" if self._page else None,
                mine=fields.number(row, "author", "id") == self.user,
            )

    def set_check(self, check: CheckRun) -> str | None:
        """Set the commit status of that name. It has no page of its own, so the address is the run's.

        GitLab keeps neither summary nor annotations; its own reports (code quality) show those.
        """
        address = web_address(check.url, MAX_URL)
        body = {
            "state": _STATES.get(check.state, check.state),
            "name": shortened(check.name, MAX_NAME),
            "description": shortened(check.title, MAX_DESCRIPTION),
            **({"target_url": address} if address else {}),
        }
        path = f"{self._path}/statuses/{commit(check.sha)}"
        # Name this pipeline, because a commit may have several. That of a merged result is on another commit.
        pipelines = (None,) if self._pipeline is None else (self._pipeline, None)
        for pipeline in pipelines:
            more = {} if pipeline is None else {"pipeline_id": pipeline}
            try:
                self._client.send("POST", path, {**body, **more}, what="set a commit status")
            except ForgeFailed as failure:
                if failure.status == NOT_FOUND and more:
                    continue
                if failure.status != _BAD_REQUEST or not _stays(body["state"], failure.message):
                    raise
            break
        return address

    def start_deployment(self, *, environment: str, sha: str, ref: str, url: str | None) -> ForgeDeployment:
        """Record the start of a deployment; reuse the one that this job's `environment:` made."""
        commit(sha)
        known = list(self._deployments(environment))
        row = next((each for each in known if self._of_this_job(each, sha)), None)
        if row is not None:
            found = self._deployment(row, sha=sha, ref=ref, url=url)
            self._by_jobs.add(found.id)
            return found
        before = [self._deployment(each, sha=sha, ref=ref, url=url).id for each in known]

        def made() -> Any:  # noqa: ANN401
            for each in self._deployments(environment):
                if fields.text_or_none(each, "sha") == sha and each.get("id") not in before:
                    return each
            return None

        body = {"environment": environment, "sha": sha, "ref": ref, "tag": True, "status": "running"}
        row = self._client.create(f"{self._path}/deployments", body, what="create a deployment", found=made)
        return self._deployment(row, sha=sha, ref=ref, url=url)

    def end_deployment(
        self,
        deployment: ForgeDeployment,
        state: DeploymentState,
        *,
        description: str = "",  # noqa: ARG002 (GitLab keeps none)
    ) -> None:
        """Record the end; a deployment that a job's `environment:` made ends with the job."""
        if deployment.id in self._by_jobs:
            return
        path, status = f"{self._path}/deployments/{deployment.id}", _STATES.get(state, state)
        try:
            self._client.send("PUT", path, {"status": status}, what="set the state of a deployment")
        except ForgeFailed as failure:
            # GitLab refuses the state that a deployment already has.
            if failure.status != _BAD_REQUEST:
                raise
            row = self._client.get(path, what="read the deployment")
            if fields.text_or_none(row, "status") != status:
                raise

    def _deployments(self, environment: str) -> Sequence[Any]:
        """The newest deployments of an environment; one page is enough to find this run's."""
        query = (("environment", environment), ("order_by", "id"), ("sort", "desc"), *_PAGE)
        rows = self._client.get(f"{self._path}/deployments", what="read the deployments", query=query)
        with self._client.expected_form():
            return [row for row in rows if isinstance(row, dict)]

    def _of_this_job(self, row: Any, sha: str) -> bool:  # noqa: ANN401
        deployable = row.get("deployable")
        if self._job is None or not isinstance(deployable, dict) or row.get("sha") != sha:
            return False
        return deployable.get("id") == self._job

    def _deployment(self, row: Any, *, sha: str, ref: str, url: str | None) -> ForgeDeployment:  # noqa: ANN401
        with self._client.expected_form():
            name = fields.text(row, "environment", "name")
            return ForgeDeployment(id=fields.number(row, "id"), environment=name, sha=sha, ref=ref, url=url)


def _stays(state: str, message: str) -> bool:
    """Whether a refused status is as good as set.

    Older servers refuse a state that is already set; none lets a running status become pending again, and
    neither of these two is green.
    """
    return f"from :{state}" in message or (state == "pending" and "from :running" in message)


def _without_commands(body: str) -> str:
    """The text with a zero-width space before each `/` that starts a command."""
    return _COMMAND.sub("\\1\u200b/", sendable(body))
