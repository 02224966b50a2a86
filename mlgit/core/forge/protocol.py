"""Forge: what GitHub and GitLab are asked for, as values and one Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgit.core.forge.hosts import Host

CheckState = Literal["running", "success", "failure", "neutral"]
DeploymentState = Literal["running", "success", "failure", "inactive"]
Level = Literal["failure", "warning", "notice"]


@record
class Comment:
    """A comment on a pull request (GitLab: a note on a merge request); `mine` when our identity wrote it."""

    id: int
    body: str
    url: str | None
    mine: bool


@record
class PullRequest:
    """A pull request (GitLab: a merge request); `fork` when its branch is in another repository."""

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
    """A remark at a line (1-based) of a file."""

    path: str
    line: int
    level: Level
    title: str
    message: str


@record
class CheckRun:
    """The state of a named check on a commit; `url` is the run's page, `summary` is Markdown.

    A forge without check runs keeps name, state, title and url.
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
    """That a commit was or is being deployed to an environment; `ref` is the tag."""

    id: int
    environment: str
    sha: str
    ref: str
    url: str | None = None


class Forge(Protocol):
    """One repository at its forge.

    Every method may raise ForgeFailed (a ToolError): the forge refused, or did not answer in time.
    """

    @property
    def host(self) -> Host:
        """Which software it is."""

    def pull_request(self, number: int) -> PullRequest | None:
        """A pull request by its number."""

    def pull_requests_of(self, *, branch: str, sha: str, owner: str | None = None) -> Sequence[PullRequest]:
        """The open ones whose head is this branch (of `owner`'s fork, when named) at this commit."""

    def comments(self, number: int) -> Iterable[Comment]:
        """All comments of a pull request, all pages, oldest first."""

    def add_comment(self, number: int, body: str) -> Comment:
        """Write a new comment."""

    def edit_comment(self, number: int, comment: int, body: str) -> Comment:
        """Replace the text of a comment."""

    def delete_comment(self, number: int, comment: int) -> None:
        """Take a comment away; one that is gone is fine."""

    def set_check(self, check: CheckRun) -> str | None:
        """Create or update the check of that name on that commit; its address."""

    def start_deployment(self, *, environment: str, sha: str, ref: str, url: str | None) -> ForgeDeployment:
        """Record that a deployment begins; one that this run's job has already is taken."""

    def end_deployment(
        self, deployment: ForgeDeployment, state: DeploymentState, *, description: str = ""
    ) -> None:
        """Record how it ended."""
