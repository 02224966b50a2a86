"""Data states: the outputs that differ from their recorded content on disk or in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.status import DataState
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk

if TYPE_CHECKING:
    from typing import Literal

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project

    Workspace = Literal["same", "modified", "absent", "new"]


def data_states(project: Project, state: Evidence) -> tuple[DataState, ...]:
    """The outputs that are new, modified, absent or not in the cache."""
    on_disk = hashes_on_disk(project)
    found = []
    for out in state.pipeline.outputs:
        if not out.cached or "://" in out.path:
            continue
        pointer = out.pointer
        if pointer is None:
            workspace: Workspace = "new" if on_disk.exists(out.path) else "absent"
            found.append(DataState(path=out.path, owner=out.owner, workspace=workspace, in_cache=None))
            continue
        md5 = on_disk.md5(out.path, legacy=pointer.legacy)
        workspace = "absent" if md5 is None else "same" if md5 == pointer.md5 else "modified"
        cache = cache_of(project, out.path)
        in_cache = None if cache is None else cache.complete(pointer, on_disk.index)
        if workspace != "same" or in_cache is False:
            found.append(DataState(path=out.path, owner=out.owner, workspace=workspace, in_cache=in_cache))
    on_disk.save()
    return tuple(found)
