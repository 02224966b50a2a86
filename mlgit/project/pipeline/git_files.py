"""Git files: what Git has of a model, with links followed to what they lead to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.git.objects import CommitTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.project.open import Project


def git_files(project: Project, commit: str | None, path: str) -> Mapping[str, str]:
    """Path -> id of the content of each file at or below `path`; on disk as `git add` would store it.

    A link has the id of what it leads to at the same state; a submodule has that of its commit.
    """
    path = path.rstrip("/")
    return dict(_on_disk(project, path)) if commit is None else _committed(project, commit, path)


def _committed(project: Project, commit: str, path: str) -> Mapping[str, str]:
    tree = project.tree(commit)
    if not isinstance(tree, CommitTree):  # pragma: no cover (a commit's tree is one)
        return {}
    known = {**tree.blobs(), **tree.submodules()}
    mine = [each for each in known if _below(each, path)]
    return {each: known[each] for each in mine} | tree.targets(mine)


def _on_disk(project: Project, path: str) -> Iterator[tuple[str, str]]:
    """Like `_committed`; the id of a changed link or submodule may be empty."""
    commit = project.head.commit
    head = {} if commit is None else _committed(project, commit, path)
    tree = None if commit is None else project.tree(commit)
    blobs = tree.blobs() if isinstance(tree, CommitTree) else {}
    changed, here = {*project.head.changed, *project.head.conflicted}, project.worktree.paths()
    root, fresh = os.path.realpath(project.root), {}
    for each in (name.rstrip("/") for name in here if _below(name.rstrip("/"), path)):
        place = os.path.join(root, each)
        real = os.path.relpath(os.path.realpath(place), root)
        if real == each and each in head and each not in changed:
            yield each, head[each]
        elif os.path.isfile(place) and (real == each or real in here):
            if real in blobs and real not in changed:
                yield each, blobs[real]
            else:
                fresh[each] = real
        elif os.path.islink(place):
            same = not any(_below(other, each) or _below(other, real) for other in changed)
            yield each, head.get(each, "") if same else ""
        elif os.path.isdir(place):
            yield each, project.git.try_text("-C", place, "rev-parse", "HEAD") or ""
    if fresh:
        # A filter, such as Git LFS's, may store a pointer in place of the content.
        oids = project.git.run_text("hash-object", "--", *fresh.values()).split()
        yield from zip(fresh, oids, strict=True)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
