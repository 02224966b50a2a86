"""Remote commits: whether a remote of which no branch is here has commits all the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from mlgit.adapters.git.refs import resolve_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.git.objects import Objects


class Clone(Protocol):
    """What has to be known of a project; `remote` is the one of releases."""

    objects: Objects
    git_dir: str
    common_dir: str

    @property
    def remote(self) -> str | None: ...
    @property
    def remotes(self) -> Mapping[str, str]: ...
    @property
    def branches(self) -> Mapping[str, str]: ...


def shows_commits(clone: Clone) -> bool:
    """Whether something shows that the remote has commits; a CI checks out what someone has pushed.

    What was fetched last may be another remote's, if that one has branches here.
    """
    if clone.remote is None or resolve_commit(clone.objects, "HEAD") is None:
        return False
    from mlgit.core.registry.completeness import in_ci

    if in_ci(os.environ):
        return True
    others = tuple(f"refs/remotes/{name}/" for name in clone.remotes if name != clone.remote)
    if any(ref.startswith(others) for ref in clone.branches):
        return False
    return any(_is_filled(os.path.join(folder, "FETCH_HEAD")) for folder in (clone.git_dir, clone.common_dir))


def _is_filled(file: str) -> bool:
    try:
        return os.stat(file).st_size > 0
    except OSError:
        return False
