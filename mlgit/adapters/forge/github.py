"""GitHub: one repository over REST; its checks and deployments are in files of their own."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import FORBIDDEN, NOT_FOUND, Words
from mlgit.adapters.forge.github_checks import set_check
from mlgit.adapters.forge.github_deployments import end_deployment, start_deployment
from mlgit.adapters.forge.http import Client, allowed
from mlgit.adapters.forge.limits import commit, repository, sendable
from mlgit.core.forge.comments import equal_comment
from mlgit.core.forge.protocol import CheckRun, Comment, DeploymentState, ForgeDeployment, PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.core.forge.hosts import Host

ACTIONS = "github-actions[bot]"
"""The user of the token that GitHub Actions gives to a job."""
_APP_TOKEN = "ghs_"  # noqa: S105 (the first characters of every installed app's token, also of Actions)
_PAGE = (("per_page", "100"),)
_LOGIN = "read whose token this is"
_RIGHT = (
    "the job needs `permissions: {pull-requests: write, checks: write}`, and `deployments: write` to deploy;"
    " a fork's token can only read"
)


class GitHub:
    """One repository at GitHub; see core.forge.protocol.Forge.

    `api` is `https://api.github.com`, or `https://HOST/api/v3` of another server; `name` is `owner/name`.
    `token`, from the variable `variable`, is that of an installed app (GitHub Actions is one) or of a person.
    `run` is the id of this workflow run.
    """

    def __init__(
        self,
        api: str,
        name: str,
        *,
        token: str,
        variable: str = "GITHUB_TOKEN",
        run: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # GraphQL is next to `/v3`, not below it.
        root = api.removesuffix("/v3")
        self._rest = api[len(root) :]
        self._path = f"{self._rest}/repos/{repository(name)}"
        self._owner = name.partition("/")[0]
        self._run = run
        self._is_app = token.startswith(_APP_TOKEN)
        self._client = Client(
            root,
            token=token,
            header=("Authorization", "Bearer {}"),
            words=Words(name="GitHub", token=variable, right=_RIGHT),
            more={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
            sleep=sleep,
        )

    @property
    def host(self) -> Host:
        return "github"

    @cached_property
    def login(self) -> str:
        """The name of the token's user.

        An installed app may not read `/user`, but GraphQL reports its name. If neither is allowed, it is
        assumed to be GitHub Actions.
        """
        return (None if self._is_app else self._user()) or self._viewer() or ACTIONS

    def _user(self) -> str | None:
        with allowed(FORBIDDEN, NOT_FOUND):
            return fields.text_or_none(self._client.get(f"{self._rest}/user", what=_LOGIN), "login")
        return None

    def _viewer(self) -> str | None:
        with allowed(FORBIDDEN, NOT_FOUND):
            row = self._client.send("POST", "/graphql", {"query": "query { viewer { login } }"}, what=_LOGIN)
            return fields.text_or_none(row, "data", "viewer", "login")
        return None

    def pull_request(self, number: int) -> PullRequest | None:
        with allowed(NOT_FOUND):
            row = self._client.get(f"{self._path}/pulls/{number}", what="read the pull request")
            return self._pull_request(row)
        return None

    def pull_requests_of(self, *, branch: str, sha: str, owner: str | None = None) -> Sequence[PullRequest]:
        commit(sha)
        owner = owner or self._owner
        query = (("state", "open"), ("head", f"{owner}:{branch}"), *_PAGE)
        rows = self._client.pages(f"{self._path}/pulls", what="look for the pull request", query=query)
        found = []
        for row in rows:
            pull = self._pull_request(row)
            with self._client.expected_form():
                of_owner = fields.text(row, "head", "user", "login").lower() == owner.lower()
            # GitHub ignores a filter that it does not understand, so check again.
            if of_owner and (pull.head_branch, pull.head_sha, pull.open) == (branch, sha, True):
                found.append(pull)
        return tuple(found)

    def _pull_request(self, row: Any) -> PullRequest:  # noqa: ANN401 (any JSON)
        with self._client.expected_form():
            own = fields.text(row, "base", "repo", "full_name")
            return PullRequest(
                number=fields.number(row, "number"),
                url=fields.text_or_none(row, "html_url"),
                title=fields.text(row, "title"),
                head_sha=fields.text(row, "head", "sha"),
                head_branch=fields.text(row, "head", "ref"),
                base_branch=fields.text(row, "base", "ref"),
                open=fields.text(row, "state") == "open",
                # The repository of a deleted fork is missing.
                fork=fields.text_or_none(row, "head", "repo", "full_name") != own,
            )

    def parents(self, sha: str) -> Sequence[str] | None:
        with allowed(NOT_FOUND):
            row = self._client.get(f"{self._path}/git/commits/{commit(sha)}", what="read the commit")
            with self._client.expected_form():
                return tuple(fields.text(each, "sha") for each in row["parents"])
        return None

    def comments(self, number: int) -> Iterator[Comment]:
        path = f"{self._path}/issues/{number}/comments"
        for row in self._client.pages(path, what="read the comments", query=_PAGE):
            yield self._comment(row)

    def add_comment(self, number: int, body: str) -> Comment:
        body = sendable(body)
        path = f"{self._path}/issues/{number}/comments"
        row = self._client.create(
            path,
            {"body": body},
            what="write a comment",
            found=lambda: equal_comment(self.comments(number), body),
        )
        return row if isinstance(row, Comment) else self._comment(row)

    def edit_comment(
        self,
        number: int,  # noqa: ARG002 (GitHub needs only the comment's id)
        comment: int,
        body: str,
    ) -> Comment:
        path = f"{self._path}/issues/comments/{comment}"
        row = self._client.send("PATCH", path, {"body": sendable(body)}, what="change a comment")
        return self._comment(row)

    def delete_comment(
        self,
        number: int,  # noqa: ARG002
        comment: int,
    ) -> None:
        with allowed(NOT_FOUND):
            self._client.send("DELETE", f"{self._path}/issues/comments/{comment}", what="delete a comment")

    def _comment(self, row: Any) -> Comment:  # noqa: ANN401
        with self._client.expected_form():
            return Comment(
                id=fields.number(row, "id"),
                body=fields.text(row, "body"),
                url=fields.text_or_none(row, "html_url"),
                mine=fields.text_or_none(row, "user", "login") == self.login,
            )

    def set_check(self, check: CheckRun) -> str | None:
        return set_check(self._client, self._path, check, login=lambda: self.login)

    def start_deployment(self, *, environment: str, sha: str, ref: str, url: str | None) -> ForgeDeployment:
        wanted = ForgeDeployment(id=0, environment=environment, sha=sha, ref=ref, url=url)
        return start_deployment(self._client, self._path, wanted, run=self._run)

    def end_deployment(
        self, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
    ) -> None:
        end_deployment(self._client, self._path, deployment, state, description=description)
