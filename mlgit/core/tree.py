"""Tree: the files of one state of the repository, a commit or the working tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OddEntry = Literal["a symbolic link", "a submodule", "a folder"]
"""What may be at a path in place of a plain file, as messages write it."""


class Tree(Protocol):
    """The files of a commit or of the working tree (implemented in adapters/git)."""

    @property
    def commit(self) -> str | None:
        """The full object id of the commit; None for the working tree."""

    @property
    def label(self) -> str:
        """Its name in a sentence: seven hex digits, or `working tree`."""

    def prepare(self) -> object:
        """Start listing the files in the background; call it if `paths` will be needed soon."""

    def paths(self) -> Sequence[str]:
        """Every file that Git tracks or does not ignore, from the root, sorted."""

    def identity(self, path: str) -> str | tuple[int, int, int, int] | None:
        """A value that changes with the file's content, got without reading it; None if there is none.

        In a commit it is the blob id; on disk the size in bytes, the times of modification and change in ns,
        and the inode.
        """

    def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:
        """The bytes of a file; None if there is none.

        Raises:
            OSError: the file cannot be read, or is larger than `most_bytes` (`errno.EFBIG`).
        """

    def read_many(self, paths: Iterable[str], *, most_bytes: int | None = None) -> Mapping[str, bytes]:
        """The bytes of the files that exist, in one round trip; larger files are left out."""
