"""Posting: a report to post about a commit, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import record
from mlgit.errors import Exit

if TYPE_CHECKING:
    from mlgit.core.forge.comments import Action
    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.protocol import CheckRun, CheckState


@record
class Posting:
    """A report for the pull requests of a commit.

    `key` identifies its comment; `body` is the text. `check` is set on the commit, if there is one. `number`
    is the pull request's, if the event has it; otherwise the forge looks for those whose head is `branch` (of
    `owner`'s fork) at `commit`. A pull request whose head is not in `commits` has moved on, and its comment
    belongs to a newer run. `exit_code` is the command's if nothing fails. `only_update` says why no first
    comment is written; None if one is.
    """

    key: str
    body: str
    host: Host | None
    commit: str | None
    check: CheckRun | None = None
    number: int | None = None
    branch: str | None = None
    owner: str | None = None
    commits: frozenset[str] = frozenset()
    exit_code: int = Exit.DONE
    only_update: str | None = None

    @property
    def running(self) -> bool:
        """Whether it only says that a run is in progress."""
        return self.check is not None and self.check.state == "running"


@record
class WrittenComment:
    """A comment with the report."""

    number: int
    action: Action
    url: str | None


@record
class SetCheck:
    """A check that was set on a commit."""

    name: str
    commit: str
    state: CheckState
    url: str | None


@record
class PostResult:
    """The result of a posting.

    `skipped` are the steps that were left out deliberately, `problems` the refusals of the forge, one line
    each. `body` is the report's Markdown, even if it was posted nowhere.
    """

    host: Host | None
    commit: str | None
    comments: tuple[WrittenComment, ...] = ()
    check: SetCheck | None = None
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    body: str
    exit_code: int = Exit.DONE

    @property
    def posted(self) -> bool:
        """Whether the report is on a pull request."""
        return bool(self.comments)
