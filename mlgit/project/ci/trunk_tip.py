"""Trunk's tip: check it out for a while, whatever CI checked out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.errors import StateError
from mlgit.project.opening import open_project
from mlgit.project.release.readiness import require_clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.project.open import Project


@contextmanager
def trunk_checked_out(project: Project) -> Iterator[Project]:
    """Check out trunk's tip, then restore the previous checkout.

    Raises:
        StateError: trunk has no commit or is not known, or a tracked file differs from HEAD.
    """
    project.require_trunk()
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
            # Restore a branch by name, because it may have moved meanwhile.
            _check_out(project, *((back,) if back is not None else ("--detach", head)))


def _check_out(project: Project, *what: str) -> None:
    try:
        project.git.run("checkout", "--quiet", *what, "--")
    except GitFailed as error:
        raise StateError(f"git cannot check out `{what[-1]}`", details=error.details) from error
    project.forget_refs()
