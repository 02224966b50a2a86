"""Posting: what is to be put on a forge about a commit, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from mlgit.core.forge.comments import Action
    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.protocol import CheckRun, CheckState


@record
class Posting:
    """A report on its way to the pull requests that a commit belongs to.

    `key` tells its comment from others; `body` is the text. `check` is set on the commit, None sets none.
    `number` is the pull request's where the event told it; else the forge is asked for those whose head is
    `branch` (of `owner`'s fork) at `commit`. A pull request that stands on none of `commits` has gone on,
    and its comment belongs to a newer run. `exit_code` is what the command ends with when all goes well.
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
    exit_code: int = 0


@record
class WrittenComment:
    """A comment that tells the report now."""

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
    """What came of an posting.

    `skipped` says in one line each what was left out on purpose, `problems` what the forge refused.
    `body` is the report's Markdown, wherever it went.
    """

    host: Host | None
    commit: str | None
    comments: tuple[WrittenComment, ...] = ()
    check: SetCheck | None = None
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    body: str
    exit_code: int = 0

    @property
    def posted(self) -> bool:
        """Whether the report stands on a pull request now."""
        return bool(self.comments)
