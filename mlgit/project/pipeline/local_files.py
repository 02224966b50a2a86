"""Local files: DVC caches, hashes of the working tree and parsed texts, each read once per project."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.dvc.data.hashes import bytes_md5
from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.paths import folders_above, join
from mlgit.adapters.dvc.files.values import MAX_BYTES
from mlgit.core.pipeline.evidence import NotHere, Unreadable
from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.core.wording import word
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.adapters.dvc.data.cache import Cache
    from mlgit.adapters.dvc.data.workspace import WorkspaceHashes
    from mlgit.core.pipeline.stages import Pipeline
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


def compared_hashes(project: Project, pipeline: Pipeline) -> WorkspaceHashes:
    """The hashes of the working tree; the files that a pipeline has hashes of are read together."""
    on_disk = hashes_on_disk(project)
    on_disk.prefetch(_recorded(pipeline))
    return on_disk


def differs_on_disk(project: Project, pipeline: Pipeline) -> bool:
    """Whether an output in DVC's cache is here with other content than the recorded one."""
    on_disk = compared_hashes(project, pipeline)
    for out in pipeline.outputs:
        if out.cached and out.pointer is not None and "://" not in out.path:
            md5 = on_disk.md5(out.path, legacy=out.pointer.legacy)
            if md5 is not None and md5 != out.pointer.md5:
                return True
    return False


def _recorded(pipeline: Pipeline) -> Iterator[tuple[str, bool]]:
    """(path, whether DVC 2 hashed it) of files on disk to compare with a recorded hash."""
    for stage in pipeline.stages:
        if stage.locked is not None:
            for dep in stage.deps:
                pointer = stage.locked.deps.get(dep)
                if pointer is not None and "://" not in dep:
                    yield dep, pointer.legacy
    for out in pipeline.outputs:
        if out.pointer is not None and "://" not in out.path:
            yield out.path, out.pointer.legacy


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
    cache = cache_of(project, path)
    if out.pointer is None or cache is None:
        return None
    listing = (cache.listing(out.pointer) or {}) if out.pointer.directory else None
    pointer = _pointer_in(out, path, listing)
    return None if pointer is None else cache.read(pointer, most_bytes=MAX_BYTES)


def _pointer_in(out: Output, path: str, listing: Mapping[str, str] | None) -> Pointer | None:
    """The pointer of an output, or of the file `path` in it; None if its listing lacks that."""
    if out.pointer is None or listing is None:
        return out.pointer
    md5 = listing.get(path[len(out.path) + 1 :])
    return None if md5 is None else Pointer(md5=md5, legacy=out.pointer.legacy)


class KeptFiles:
    """Files whose content DVC keeps in place of one state, and the outputs that are not here."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.absent: list[Output] = []

    def read(self, out: Output, path: str) -> bytes | None:
        """The file at a path of an output: from the cache, or from disk if it has the recorded hash.

        None if the output does not have such a file.

        Raises:
            Unreadable: it is in neither (`NotHere`), or it cannot be read.
        """
        directory = out.pointer is not None and out.pointer.directory
        listing = cached_listing(self._project, out) if directory else None
        pointer = _pointer_in(out, path, listing)
        if pointer is None:
            return None
        damage = None
        try:
            content = cached_content(self._project, out, path)
        except StateError as error:
            content, damage = None, error
        content = self._on_disk(path, pointer) if content is None else content
        if content is not None:
            return content
        if damage is not None:
            raise Unreadable(f"cannot be read: {damage.message}")
        self.absent.append(out if pointer.directory else out._replace(path=path, pointer=pointer))
        raise NotHere

    def _on_disk(self, path: str, pointer: Pointer) -> bytes | None:
        with suppress(OSError):
            content = self._project.worktree.read(path, most_bytes=MAX_BYTES)
            if content is not None and bytes_md5(content, legacy=pointer.legacy) == pointer.md5:
                return content
        return None


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
