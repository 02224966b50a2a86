"""Registry of a repository: its tags read and replayed, one model's only when only one is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.git.tagobjects import list_tags, read_tags
from mlgit.core.registry import Registry, as_time
from mlgit.core.replay import replay

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mlgit.project.open import Project


def read_registry(project: Project, *, model: str | None = None) -> Registry:
    """Models, versions and environments as the local tags have them; no network.

    With `model` only its tags are listed and read; the answer then knows no other model.
    """
    return replay(read_tags(project.objects, list_tags(project.git, model)).facts)


def ignored_tags(project: Project) -> Mapping[str, str]:
    """Names of tags that look like ours but do not count -> why."""
    return read_tags(project.objects, list_tags(project.git)).ignored


def tags_as_of(project: Project) -> datetime | None:
    """When tags were last fetched, None without a remote or when nobody can tell."""
    if project.remote is None:
        return None
    # git writes FETCH_HEAD at every fetch, and the remote's HEAD when it clones.
    for path in ("FETCH_HEAD", f"refs/remotes/{project.remote}/HEAD"):
        try:
            return as_time(int(os.stat(os.path.join(project.common_dir, path)).st_mtime))
        except OSError:
            continue
    return None
