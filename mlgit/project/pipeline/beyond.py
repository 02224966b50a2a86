"""Beyond: hashes of a commit's files, also of those in a submodule, in Git LFS, or outside."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import OUTSIDE, bytes_md5, file_md5
from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
from mlgit.adapters.dvc.pipeline.committed import CommitHashes
from mlgit.adapters.git.objects import CommitTree
from mlgit.project.pipeline.large_files import lfs_object
from mlgit.project.pipeline.local_files import hashes_on_disk

# Linux follows at most 40 links.
_MOST_LINKS = 40

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.adapters.dvc.pipeline.committed import OnDisk
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project


def commit_hashes(
    project: Project,
    tree: Tree,
    pipeline: Pipeline,
    *,
    listing: Callable[[Output], Mapping[str, str] | None],
    on_disk: OnDisk,
) -> CommitHashes:
    """The hashes of a commit's files; all that its stages depend on is read in one round trip."""

    def link(path: str) -> str | None:
        if not isinstance(tree, CommitTree):
            return None
        found = project.objects.get(tree.blobs()[path])
        return None if found is None else found.content.decode("utf-8", "surrogateescape")

    hashes = CommitHashes(
        tree,
        made=OutputsByPath(pipeline.outputs),
        listing=listing,
        link=link,
        elsewhere=Beyond(project, tree.commit or ""),
        on_disk=on_disk,
    )
    hashes.prefetch(dep for stage in pipeline.stages for dep in stage.deps)
    return hashes


def link_target(project: Project, commit: str | None, path: str) -> str:
    """The path from the root that a link leads to, through other links; it may leave the repository."""
    tree = project.tree(commit)
    if not isinstance(tree, CommitTree):
        return os.path.relpath(
            os.path.realpath(os.path.join(project.root, path)), os.path.realpath(project.root)
        )
    for _ in range(_MOST_LINKS):
        found = project.objects.get(tree.blobs()[path])
        text = "" if found is None else found.content.decode("utf-8", "surrogateescape")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        if path not in tree.blobs() or tree.identity(path) is not None:
            break
    return path


def linked_path(project: Project, commit: str | None, path: str) -> str:
    """The path after following links in it and at it; it may leave the repository."""
    tree = project.tree(commit)
    if not isinstance(tree, CommitTree):
        return link_target(project, commit, path)
    for _ in range(_MOST_LINKS):
        places = (path, *folders_above(path))
        link = next((each for each in places if each in tree.blobs() and tree.identity(each) is None), None)
        if link is None:
            break
        path = posixpath.normpath(posixpath.join(link_target(project, commit, link), path[len(link) + 1 :]))
    return path


class Beyond:
    """What this machine knows about such paths at one commit."""

    def __init__(self, project: Project, commit: str) -> None:
        self._project = project
        self._commit = commit

    def outside(self, path: str, *, legacy: bool) -> str:
        """The MD5 of a path outside the repository as it is on this machine; no commit has it."""
        return hashes_on_disk(self._project).md5(posixpath.normpath(path), legacy=legacy) or OUTSIDE

    def large(self, pointer: bytes, *, legacy: bool) -> str | None:
        """The MD5 of the content that a pointer of Git LFS means; None if it is not on this machine."""
        file = lfs_object(self._project, pointer)
        try:
            return None if file is None else file_md5(file, legacy=legacy)
        except OSError:
            return None

    def submodule(self, place: str, below: str, *, legacy: bool) -> Mapping[str, str] | None:
        """Path -> MD5 of the file or folder `below` in the submodule at `place`, at its recorded commit.

        None if the submodule is not checked out here, or lacks that commit.
        """
        from mlgit.adapters.git.binary import Git
        from mlgit.adapters.git.objects import Objects

        folder = os.path.join(self._project.root, place)
        if not os.path.exists(os.path.join(folder, ".git")):
            return None
        git = Git(folder)
        objects = Objects(git)
        try:
            commit = self._project.git.run_text("rev-parse", f"{self._commit}:{place}")
            if objects.get(f"{commit}^{{commit}}") is None:
                return None
            tree = CommitTree(git, objects, commit)
            names = [name for name in tree.paths() if not below or f"{name}/".startswith(f"{below}/")]
            contents = tree.read_many(names)
        finally:
            objects.close()
            git.close()
        return {name: bytes_md5(content, legacy=legacy) for name, content in contents.items()}
