"""Tree: the files of one state of the repository, a commit or the working tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Tree(Protocol):
    """What a commit and the working tree have in common (implemented in adapters/git)."""

    @property
    def commit(self) -> str | None:
        """The full object id of the commit, or None for the working tree."""

    @property
    def label(self) -> str:
        """How to call it in a sentence: seven hex digits, or `working tree`."""

    def prepare(self) -> object:
        """Begin to list the files, for whoever will ask for `paths` soon."""

    def paths(self) -> Sequence[str]:
        """Every file that Git tracks or would offer to track, from the root, sorted."""

    def identity(self, path: str) -> str | tuple[int, int, int, int] | None:
        """What tells without reading that a file is one that was seen: its blob's id, or facts of the disk.

        None when that cannot be told. The facts are size in bytes, times of modification and change in ns,
        and inode.
        """

    def read(self, path: str) -> bytes | None:
        """The bytes of one file; None when there is no such file."""

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of those that exist, in one round trip."""
