"""History: fetch what a shallow clone lacks, and join a branch with what the remote has of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import fetch_refs
from mlgit.adapters.git.refs import is_rewritten
from mlgit.core.wording import words
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from mlgit.project.open import Project


def unshallow(project: Project) -> bool:
    """Fetch the rest of a shallow clone's history; returns whether the clone was shallow.

    Raises:
        ToolError: the remote does not deliver it.
    """
    if not project.shallow or project.remote is None:
        return False
    try:
        fetch_refs(project.git, project.remote, (), unshallow=True)
    except GitFailed as error:
        raise ToolError(
            f"`{project.remote}` did not send the history that this clone lacks",
            hint="check out the whole history: `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)",
            details=error.details,
        ) from error
    project.shallow = False
    return True


def join_command(project: Project, remote: str, branch: str, *, theirs: str) -> tuple[str, bool]:
    """The command that ends that both sides have commits of their own, and whether it replaces theirs.

    A merge would bring the commits from before a rebase back. The remote's trunk is never replaced.
    """
    new, trunk = project.head.commit, None
    with suppress(StateError):
        trunk = project.trunk
    apart = trunk is not None and not trunk.ref.endswith(f"/{branch}")
    if new is not None and apart and is_rewritten(project.git, branch, old=theirs, new=new):
        # It refuses if the remote has by then what this branch never had.
        options = ("--force-with-lease", "--force-if-includes")
        return words(("git", "push", *options, remote, branch)), True
    # Without an option or a setting, git does not merge branches that have both moved.
    return words(("git", "pull", "--no-rebase", "--tags", remote, branch)), False
