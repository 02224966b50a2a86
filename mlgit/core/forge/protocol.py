"""Protocol: the requests to a forge and the values in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.forge.hosts import Host

CheckState = Literal["running", "success", "failure", "action_required"]
DeploymentState = Literal["running", "success", "failure", "inactive"]
Level = Literal["failure", "warning", "notice"]


@record
class Comment:
    """A comment on a pull request (GitLab: a note on a merge request); `mine`: the token's user wrote it."""

    id: int
    body: str
    url: str | None
    mine: bool


@record
class PullRequest:
    """A pull request (GitLab: a merge request); `fork` if its branch is in another repository."""

    number: int
    url: str | None
    title: str
    head_sha: str
    head_branch: str
    base_branch: str
    open: bool
    fork: bool


@record
class Annotation:
    """A remark on a line (1-based) of a file."""

    path: str
    line: int
    level: Level
    title: str
    message: str


@record
class CheckRun:
    """The state of a named check on a commit; `url` is the run's page, `summary` is Markdown.

    `action_required` stops a merge until someone trusted sets another state; GitHub's `neutral` and `skipped`
    count as passed. A forge without check runs stores only name, state, title and url.
    """

    name: str
    sha: str
    state: CheckState
    title: str
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    url: str | None = None


@record
class ForgeDeployment:
    """A deployment of a commit to an environment, as the forge records it; `ref` is the tag."""

    id: int
    environment: str
    sha: str
    ref: str
    url: str | None = None


class Forge(Protocol):
    """One repository at its forge.

    Every method may raise ForgeFailed (a ToolError): the forge refused, or did not respond in time.
    """

    @property
    def host(self) -> Host:
        """The software of the forge."""

    def pull_request(self, number: int) -> PullRequest | None:
        """A pull request by its number; None if there is none."""

    def pull_requests_of(self, *, branch: str, sha: str, owner: str | None = None) -> Sequence[PullRequest]:
        """The open pull requests whose head is this branch (of `owner`'s fork, if given) at this commit."""

    def parents(self, sha: str) -> Sequence[str] | None:
        """The parents of a commit; None if the forge does not have it."""

    def comments(self, number: int) -> Iterable[Comment]:
        """All comments of a pull request, oldest first."""

    def add_comment(self, number: int, body: str) -> Comment:
        """Write a new comment, once: if that is in doubt, an equal own comment counts as written."""

    def edit_comment(self, number: int, comment: int, body: str) -> Comment:
        """Replace the text of a comment."""

    def delete_comment(self, number: int, comment: int) -> None:
        """Delete a comment, if it still exists."""

    def set_check(self, check: CheckRun) -> str | None:
        """Create or update the check of that name on that commit; returns its address."""

    def start_deployment(self, *, environment: str, sha: str, ref: str, url: str | None) -> ForgeDeployment:
        """Record the start of a deployment, or reuse the one that this run's job already has."""

    def end_deployment(
        self, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
    ) -> None:
        """Record how a deployment ended."""
