"""History: fetch the part that a shallow clone lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import fetch_refs
from mlgit.errors import ToolError

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
