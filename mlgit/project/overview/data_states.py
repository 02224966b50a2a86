"""Data states: the outputs that differ from their recorded content on disk or in the cache."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.overview.status import DataState
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.project.open import Project

    Workspace = Literal["same", "modified", "absent", "new"]


def data_states(project: Project, state: Evidence) -> tuple[DataState, ...]:
    """The outputs that are new, modified, absent or not in the cache."""
    on_disk = hashes_on_disk(project)
    found = []
    others: dict[str, tuple[str, str]] = {}
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
        if workspace == "modified" and md5 is not None:
            others[out.path] = (out.owner, md5)
        if workspace != "same" or in_cache is False:
            found.append(DataState(path=out.path, owner=out.owner, workspace=workspace, in_cache=in_cache))
    on_disk.save()
    if others:
        from mlgit.project.overview.found_in import found_in

        names = found_in(project, others)
        return tuple(replace(each, found_in=names.get(each.path)) for each in found)
    return tuple(found)


def has_remote(project: Project, pipeline: Pipeline, paths: Sequence[str]) -> bool:
    """Whether there is a DVC remote for one of these outputs; also if there are none."""
    outputs = {out.path: out for out in pipeline.outputs}
    for path in paths:
        out, cache = outputs.get(path), cache_of(project, path)
        if out is None or out.remote or out.source or (cache is not None and cache.remote):
            return True
    return not paths
