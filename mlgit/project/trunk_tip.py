"""Trunk's tip: the working tree put there for a while, whatever CI checked out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import fetch_refs
from mlgit.errors import StateError, ToolError
from mlgit.project.open import open_project
from mlgit.project.readiness import require_clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project


@contextmanager
def standing_on_trunk(project: Project) -> Iterator[Project]:
    """The repository with trunk's tip checked out; afterwards it stands where it stood before.

    Raises:
        StateError: nothing was ever committed to trunk, or a tracked file differs from HEAD.
    """
    trunk, head = project.trunk, require_clean(project)
    if trunk is None:
        raise StateError("There is no trunk yet", hint="push a first commit to the default branch")
    back = project.head.branch
    moved = head != trunk.commit
    if moved:
        _check_out(project, "--detach", trunk.commit)
    here = open_project(project.root, now=project.now, default_branch=project.default_branch)
    try:
        yield here
    finally:
        here.close()
        if moved:
            # A branch may have been moved meanwhile; a name is what whoever stands on it expects.
            _check_out(project, *((back,) if back is not None else ("--detach", head)))


def deepen(project: Project) -> bool:
    """Fetch the history that a shallow clone lacks; whether it lacked any.

    Raises:
        ToolError: the remote does not give it.
    """
    if not project.shallow or project.remote is None:
        return False
    try:
        fetch_refs(project.git, project.remote, (), unshallow=True)
    except GitFailed as error:
        raise ToolError(
            f"`{project.remote}` does not give the history that this clone lacks",
            hint="check out the whole history: `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)",
            details=error.details,
        ) from error
    project.shallow = False
    return True


def _check_out(project: Project, *what: str) -> None:
    try:
        project.git.run("checkout", "--quiet", *what, "--")
    except GitFailed as error:
        raise StateError(f"git cannot check out `{what[-1]}`", details=error.details) from error
    project.forget_refs()
