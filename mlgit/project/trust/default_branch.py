"""Default branch: whether the remote has the one that this clone takes for trunk; its own branch of it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.push import list_refs_and_head, list_remote_refs
from mlgit.core.registry.completeness import in_ci
from mlgit.core.trunk import HEADS, trunk_gone, trunk_moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.project.open import Branch, Project


def remote_refs(project: Project, remote: str, refs: Iterable[str]) -> Mapping[str, str]:
    """Full ref name -> object id, as the remote has them now; the same question is about its default branch.

    Git never moves a clone's link to that, and those who may push the former one would make the rules.

    Raises:
        GitFailed: the remote does not answer.
        StateError: it has another default branch than this clone takes for trunk, and neither a setting nor
            the forge says which branch that is.
    """
    found, name = list_refs_and_head(project.git, remote, refs)
    trunk, prefix = project.trunk_here, f"refs/remotes/{remote}/"
    stated = project.settings.trunk is not None or project.default_branch is not None
    if name is None or stated or trunk is None or not trunk.ref.startswith(prefix):
        return found
    if trunk.ref != prefix + name:
        raise trunk_moved(remote, trunk.ref.removeprefix(prefix), name)
    return found


def require_trunk_there(project: Project, remote: str) -> None:
    """Refuse a remote that no longer has the branch which is trunk here."""
    ref = "" if project.trunk_here is None else project.trunk_here.ref
    branch = ref.removeprefix(f"refs/remotes/{remote}/")
    if branch != ref and not list_remote_refs(project.git, remote, [f"{HEADS}{branch}"]):
        raise trunk_gone(remote, branch)


def own_trunk(project: Project) -> Branch | None:
    """This clone's own branch with the name of the remote's trunk; None if there is none."""
    trunk, base = project.trunk, f"refs/remotes/{project.remote}/"
    if trunk is None or not trunk.ref.startswith(base):
        return None
    ref = f"refs/heads/{trunk.ref.removeprefix(base)}"
    return replace(trunk, ref=ref, commit=project.branches[ref]) if ref in project.branches else None


def own_branch_counts(project: Project) -> bool:
    """Whether this clone's own branch with trunk's name counts, too: CI may have merged a change there."""
    return project.default_branch is None and not in_ci(os.environ)


def trunk_tips(project: Project, *, local: bool) -> list[str]:
    """Trunk's commit and, with `local`, that of this clone's own branch; none if trunk is unborn."""
    trunk = project.trunk
    if trunk is None:
        return []
    mine = own_trunk(project) if local else None
    return [trunk.commit] if mine is None else [trunk.commit, mine.commit]
