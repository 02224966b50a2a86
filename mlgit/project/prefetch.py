"""Prefetch: read the index of files on disk while git still searches for the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.fingerprints import LARGE, Index

if TYPE_CHECKING:
    from mlgit.adapters.dvc.data.listing import Searches


class Prefetch:
    """The index of the probable working tree, and the listings of its large directories, already started."""

    def __init__(self, root: str, git_dir: str) -> None:
        self._root = root
        self._git_dir = git_dir
        self.index = Index(git_dir)
        self.searches: Searches | None = None
        large = self.index.large_directories(LARGE)
        if large:
            from mlgit.adapters.dvc.data.listing import Searches

            self.searches = Searches(root, large)

    def belongs_to(self, root: str, git_dir: str) -> bool:
        """Whether git found the same working tree."""
        return (os.path.realpath(self._root), os.path.realpath(self._git_dir)) == (root, git_dir)

    def close(self) -> None:
        if self.searches is not None:
            self.searches.close()


def prefetch(folder: str) -> Prefetch | None:
    """Read the index of the repository around `folder`, and start listing directories that were large.

    git nearly always finds the same one: the nearest `.git`.
    """
    root = folder
    while not os.path.exists(os.path.join(root, ".git")):
        root, below = os.path.dirname(root), root
        if root == below:
            return None
    git_dir = os.path.join(root, ".git")
    try:
        with open(git_dir, encoding="utf-8") as file:  # a linked working tree
            git_dir = os.path.join(root, file.read().removeprefix("gitdir: ").strip())
    except (OSError, UnicodeDecodeError):
        pass
    return Prefetch(root, git_dir)
