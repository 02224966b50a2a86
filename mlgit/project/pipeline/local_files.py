"""Local files: DVC caches, hashes of the working tree and parsed texts, each read once per project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.paths import folders_above, join
from mlgit.adapters.dvc.files.values import MAX_BYTES
from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.core.wording import word
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.adapters.dvc.data.cache import Cache
    from mlgit.adapters.dvc.data.workspace import WorkspaceHashes
    from mlgit.project.open import Project


class LocalFiles:
    """The local files of one project."""

    def __init__(self, project: Project) -> None:
        self.index, self.searches = project.take_prefetched()
        self.documents = Documents(project.cache_dir, index=self.index)
        self.caches: dict[str, Cache | None] = {}
        self.hashes: WorkspaceHashes | None = None


_LOCAL_FILES: WeakKeyDictionary[Project, LocalFiles] = WeakKeyDictionary()


def local_files(project: Project) -> LocalFiles:
    if project not in _LOCAL_FILES:
        _LOCAL_FILES[project] = LocalFiles(project)
    return _LOCAL_FILES[project]


def forget_local_files(project: Project) -> None:
    _LOCAL_FILES.pop(project, None)


def require_dvc_here(project: Project, paths: Iterable[str]) -> None:
    """Refuse what needs DVC's settings for these paths where a sparse checkout leaves them out.

    Raises:
        StateError: the nearest `.dvc` around one of them is left out.
    """
    if not project.left_out.is_sparse:
        return
    for path in paths:
        for folder in (*folders_above(path), ""):
            dvc = join(folder, ".dvc")
            if os.path.exists(os.path.join(project.root, dvc, "config")):
                break
            if project.left_out.holds(f"{dvc}/config"):
                text = (
                    f"The sparse checkout leaves out `{dvc}`: DVC finds neither its remote nor its cache here"
                )
                raise StateError(text, hint=f"run `git sparse-checkout add {word(dvc)}`")


def hashes_on_disk(project: Project) -> WorkspaceHashes:
    """The hashes of the working tree; each file is hashed once."""
    local = local_files(project)
    if local.hashes is None:
        from mlgit.adapters.dvc.data.workspace import WorkspaceHashes

        local.hashes = WorkspaceHashes(
            project.root,
            local.index,
            searches=local.searches,
            left_out=project.left_out,
            progress=project.progress,
        )
    return local.hashes


def cache_of(project: Project, path: str) -> Cache | None:
    """The DVC cache of a path: the one of the nearest folder above that has a `.dvc` folder."""
    caches = local_files(project).caches
    folder = os.path.dirname(path)
    if folder == path:  # the root of an absolute path
        return None
    if folder not in caches:
        local_path = os.path.join(project.root, folder)
        if os.path.isdir(os.path.join(local_path, ".dvc")):
            from mlgit.adapters.dvc.data.cache import Cache

            caches[folder] = Cache(os.path.normpath(local_path))
        else:
            caches[folder] = cache_of(project, folder) if folder else None
    return caches[folder]


def cached_listing(project: Project, out: Output) -> Mapping[str, str] | None:
    """Name -> hash of the files in a directory that DVC tracks; None if it is not there or damaged."""
    cache = cache_of(project, out.path)
    if cache is None or out.pointer is None:
        return None
    try:
        return cache.listing(out.pointer)
    except StateError:  # who needs a file of it gets the error
        return None


def cached_content(project: Project, out: Output, path: str) -> bytes | None:
    """The content of an output, or of the file `path` in it; None if it is not cached.

    Raises:
        StateError: what the cache has is not what its hash says.
        OSError: it is larger than any metric file that is read.
    """
    pointer, cache = out.pointer, cache_of(project, path)
    if pointer is None or cache is None:
        return None
    if pointer.directory:
        md5 = (cache.listing(pointer) or {}).get(path[len(out.path) + 1 :])
        if md5 is None:
            return None
        pointer = Pointer(md5=md5, legacy=pointer.legacy)
    return cache.read(pointer, most_bytes=MAX_BYTES)


def recorded_files(project: Project, out: Output, path: str) -> Iterator[tuple[str, Pointer | None]]:
    """(path, content) of an output, or of each file at or below `path` if the output is a directory.

    The content is None if the listing of the directory is not cached.
    """
    pointer = out.pointer
    if pointer is None or not pointer.directory:
        yield path, pointer
        return
    listing = cached_listing(project, out)
    if listing is None:
        yield path, None
        return
    inside = path.removeprefix(out.path).lstrip("/")
    for name, md5 in sorted(listing.items()):
        if not inside or name == inside or name.startswith(f"{inside}/"):
            yield f"{out.path}/{name}", Pointer(md5=md5, legacy=pointer.legacy)
