"""Sparse: the files that a sparse checkout leaves out of the working tree; the index still has them."""

from __future__ import annotations

import errno
import os
from functools import cached_property
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed

if TYPE_CHECKING:
    from collections.abc import Mapping


class LeftOut:
    """The files of one working tree that are left out on purpose; none without a sparse checkout.

    `git_dir` is the working tree's git directory. Without a sparse checkout, git is not asked.
    """

    def __init__(self, git: Git, git_dir: str) -> None:
        self._git = git
        self._rules = os.path.join(git_dir, "info", "sparse-checkout")

    @property
    def is_sparse(self) -> bool:
        """Whether there is a sparse checkout."""
        return os.path.exists(self._rules)

    @cached_property
    def blobs(self) -> Mapping[str, str]:
        """Path -> object id in the index."""
        if not self.is_sparse:
            return {}
        listing = self._git.run("ls-files", "-z", "-s", "-t", "--full-name", "--", ":/")
        found = {}
        for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
            facts, _, path = entry.partition("\t")
            if facts.startswith("S "):
                found[path] = facts.split(" ")[2]
        return found

    def holds(self, path: str) -> bool:
        """Whether a file is left out, or a file below a folder."""
        return path in self.blobs or any(name.startswith(f"{path}/") for name in self.blobs)

    def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """The committed content of a file that is left out; None if it is not.

        Raises:
            OSError: git does not have the content, as in a partial clone without its remote, or it is larger
                than `most_bytes`.
        """
        oid = self.blobs.get(path)
        if oid is None:
            return None
        try:
            if most_bytes is not None and int(self._git.run_text("cat-file", "-s", oid)) > most_bytes:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
            return self._git.run("cat-file", "blob", oid)
        except GitFailed as error:
            raise OSError(
                errno.EIO, "it is outside of the sparse checkout, and git does not have it"
            ) from error
