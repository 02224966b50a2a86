"""Damaged: outputs that were just fetched, and whose content is not the one that is recorded."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import file_md5
from mlgit.core.pipeline.stages import Pointer
from mlgit.errors import StateError
from mlgit.project.opening import open_project
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mlgit.project.open import Project


def drop_damaged(project: Project, paths: Collection[str]) -> tuple[str, ...]:
    """Those of these outputs that are damaged; they were not here before, and are removed again.

    DVC trusts what it fetches. Left here, such a file would look like an edit, and DVC would record it.
    """
    found: list[str] = []
    with closing(open_project(project.root, now=project.now, default_branch=project.default_branch)) as fresh:
        on_disk = hashes_on_disk(fresh)
        for out in evidence(fresh, None, staleness=False).pipeline.outputs:
            pointer = out.pointer if out.path in paths else None
            here = None if pointer is None else on_disk.md5(out.path, legacy=pointer.legacy)
            if pointer is not None and here is not None and here != pointer.md5:
                found.append(out.path)
                _remove(os.path.join(fresh.root, out.path))
                for place in [*_damaged_objects(fresh, out.path, pointer)]:
                    os.unlink(place)
    return tuple(found)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _damaged_objects(project: Project, path: str, pointer: Pointer) -> Iterator[str]:
    """The files of this machine's cache that are not what their names say."""
    cache = cache_of(project, path)
    if cache is None:
        return
    try:
        files = cache.listing(pointer) or {}
    except StateError:
        yield cache.path(pointer)
        return
    names = {*files.values()} if pointer.directory else {pointer.md5}
    for md5 in sorted(names):
        place = cache.path(Pointer(md5=md5, legacy=pointer.legacy))
        if os.path.isfile(place) and file_md5(place, legacy=pointer.legacy) != md5:
            yield place
