"""GitHub: one repository over REST; checks and deployments have files of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import FORBIDDEN, NOT_FOUND, ForgeFailed, Words
from mlgit.adapters.forge.github_checks import set_check
from mlgit.adapters.forge.github_deployments import end_deployment, start_deployment
from mlgit.adapters.forge.http import Client, understood
from mlgit.adapters.forge.limits import commit, repository, sendable
from mlgit.core.forge.comments import same_text
from mlgit.core.forge.protocol import Comment, PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.protocol import CheckRun, DeploymentState, ForgeDeployment

ACTIONS = "github-actions[bot]"
"""Who writes with the token that GitHub Actions gives to a job."""
# How tokens of installed apps begin, GitHub Actions among them.
_OF_AN_APP = "ghs_"
_PAGE = (("per_page", "100"),)
_RIGHT = (
    "the job needs `permissions: {pull-requests: write, checks: write}`, and `deployments: write` to deploy;"
    " a fork's token can only read"
)


class GitHub:
    """One repository at GitHub; see core.forge.Forge.

    Args:
        api: `https://api.github.com`, or `https://HOST/api/v3` of a server of one's own.
        name: `owner/name`.
        token: of an installed app (GitHub Actions is one) or of a person.
        variable: where the token comes from, for messages.
        run: the id of the workflow run that we are in.
        sleep: how to wait, in seconds.
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
        # GraphQL stands beside `/v3`, not below it.
        root = api.removesuffix("/v3")
        self._rest = api[len(root) :]
        self._place = f"{self._rest}/repos/{repository(name)}"
        self._owner = name.partition("/")[0]
        self._run = run
        self._of_an_app = token.startswith(_OF_AN_APP)
        self._login: str | None = None
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
        """Which software it is."""
        return "github"

    @property
    def login(self) -> str:
        """Who writes with our token.

        An installed app may not ask `/user`; GraphQL tells it its name. Where that is closed too, it is
        taken to be GitHub Actions.
        """
        if self._login is None:
            self._login = (None if self._of_an_app else self._user()) or self._viewer() or ACTIONS
        return self._login

    def _user(self) -> str | None:
        try:
            row = self._client.get(f"{self._rest}/user", what="say whose token this is")
        except ForgeFailed as failure:
            if failure.status in {FORBIDDEN, NOT_FOUND}:
                return None
            raise
        return fields.text_or_none(row, "login")

    def _viewer(self) -> str | None:
        query = {"query": "query { viewer { login } }"}
        try:
            row = self._client.send("POST", "/graphql", query, what="say whose token this is")
        except ForgeFailed as failure:
            if failure.status in {FORBIDDEN, NOT_FOUND}:
                return None
            raise
        return fields.text_or_none(row, "data", "viewer", "login")

    def pull_request(self, number: int) -> PullRequest | None:
        """A pull request by its number."""
        try:
            row = self._client.get(f"{self._place}/pulls/{number}", what="read the pull request")
        except ForgeFailed as failure:
            if failure.status == NOT_FOUND:
                return None
            raise
        return self._pull_request(row)

    def pull_requests_of(self, *, branch: str, sha: str, owner: str | None = None) -> Sequence[PullRequest]:
        """The open ones whose head is this branch (of `owner`'s fork, when named) at this commit."""
        commit(sha)
        owner = owner or self._owner
        query = (("state", "open"), ("head", f"{owner}:{branch}"), *_PAGE)
        rows = self._client.pages(f"{self._place}/pulls", what="look for the pull request", query=query)
        found = []
        for row in rows:
            pull = self._pull_request(row)
            with understood(self._client.words):
                of_owner = fields.text(row, "head", "user", "login").lower() == owner.lower()
            # GitHub ignores a filter that it does not understand.
            if of_owner and (pull.head_branch, pull.head_sha, pull.open) == (branch, sha, True):
                found.append(pull)
        return tuple(found)

    def _pull_request(self, row: Any) -> PullRequest:  # noqa: ANN401 (any JSON)
        with understood(self._client.words):
            own = fields.text(row, "base", "repo", "full_name")
            return PullRequest(
                number=fields.number(row, "number"),
                url=fields.text_or_none(row, "html_url"),
                title=fields.text(row, "title"),
                head_sha=fields.text(row, "head", "sha"),
                head_branch=fields.text(row, "head", "ref"),
                base_branch=fields.text(row, "base", "ref"),
                open=fields.text(row, "state") == "open",
                # A fork that was deleted has no repository any more.
                fork=fields.text_or_none(row, "head", "repo", "full_name") != own,
            )

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, all pages, oldest first."""
        path = f"{self._place}/issues/{number}/comments"
        for row in self._client.pages(path, what="read the comments", query=_PAGE):
            yield self._comment(row)

    def add_comment(self, number: int, body: str) -> Comment:
        """Write a new comment; where it is in doubt whether it was written, an equal one of ours is it."""
        body = sendable(body)

        def written() -> Comment | None:
            return next(
                (each for each in self.comments(number) if each.mine and same_text(each.body, body)), None
            )

        path = f"{self._place}/issues/{number}/comments"
        row = self._client.create(path, {"body": body}, what="write a comment", found=written)
        return row if isinstance(row, Comment) else self._comment(row)

    def edit_comment(
        self,
        number: int,  # noqa: ARG002 (GitHub finds a comment without)
        comment: int,
        body: str,
    ) -> Comment:
        """Replace the text of a comment."""
        path = f"{self._place}/issues/comments/{comment}"
        return self._comment(
            self._client.send("PATCH", path, {"body": sendable(body)}, what="change a comment")
        )

    def delete_comment(
        self,
        number: int,  # noqa: ARG002
        comment: int,
    ) -> None:
        """Take a comment away; one that is gone is fine."""
        try:
            self._client.send("DELETE", f"{self._place}/issues/comments/{comment}", what="delete a comment")
        except ForgeFailed as failure:
            if failure.status != NOT_FOUND:
                raise

    def _comment(self, row: Any) -> Comment:  # noqa: ANN401
        with understood(self._client.words):
            return Comment(
                id=fields.number(row, "id"),
                body=fields.text(row, "body"),
                url=fields.text_or_none(row, "html_url"),
                mine=fields.text_or_none(row, "user", "login") == self.login,
            )

    def set_check(self, check: CheckRun) -> str | None:
        """Create or update the check of that name on that commit; its address."""
        return set_check(self._client, self._place, check, login=lambda: self.login)

    def start_deployment(self, *, environment: str, sha: str, ref: str, url: str | None) -> ForgeDeployment:
        """Record that a deployment begins; one that this run's job has already is taken."""
        return start_deployment(
            self._client, self._place, environment=environment, sha=sha, ref=ref, url=url, run=self._run
        )

    def end_deployment(
        self, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
    ) -> None:
        """Record how it ended."""
        end_deployment(self._client, self._place, deployment, state, description=description)
