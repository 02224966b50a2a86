"""Staging: gather files next to their destination, compare with what exists, and swap them in."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mlgit.core.record import NamedTuple
from mlgit.core.wording import first
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CHUNK = 1 << 20


class Sums(NamedTuple):
    """Digests and size of a file."""

    md5: str
    sha256: str
    size_bytes: int


@contextmanager
def staging(folder: str) -> Iterator[str]:
    """A temporary folder in `folder`; on an error, a `folder` that did not exist is removed."""
    created = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".mlgit-") as path:
            yield path
    except BaseException:
        if created:
            with suppress(OSError):
                os.rmdir(folder)
        raise


def refuse_links(folder: str, destinations: Sequence[str]) -> None:
    """Refuse existing links in the folder that lead a destination out of it.

    Raises:
        StateError: with the destination.
    """
    top = os.path.realpath(folder)
    for destination in destinations:
        parent = os.path.realpath(os.path.join(folder, os.path.dirname(destination)))
        if parent != top and not parent.startswith(top + os.sep):
            raise StateError(f"`{os.path.join(folder, destination)}` would be written outside `{folder}`")


def existing_files(folder: str, top: str, destinations: Sequence[str]) -> dict[str, Sums]:
    """Existing files at the model's path `top`, by path below the folder.

    Raises:
        StateError: there is a file instead of a directory, or the reverse, or a pipe or a device.
    """
    directory = len(destinations) != 1 or os.path.join(folder, destinations[0]) != top
    if not os.path.lexists(top):
        return {}
    if directory != os.path.isdir(top):
        raise StateError(
            f"`{top}` is {'a file' if directory else 'a directory'} but the model is not",
            hint="choose another folder with `-o DIR`",
        )
    if not directory:
        return {destinations[0]: _sums_here(top)}
    paths = (os.path.join(parent, name) for parent, _, names in os.walk(top) for name in names)
    return {os.path.relpath(path, folder).replace(os.sep, "/"): _sums_here(path) for path in paths}


def _sums_here(path: str) -> Sums:
    """The digests of what is in the place of a model's file; a pipe or a device could be read for ever."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise StateError(
            f"`{path}` is neither a file nor a directory", hint="choose another folder with `-o DIR`"
        )
    return sums_of(path)


class OtherContent(StateError):  # noqa: N818
    """The destination has other content."""


def conflict(top: str, paths: Sequence[str]) -> OtherContent:
    """The error that the destination has other content, at these paths."""
    return OtherContent(
        f"`{top}` already exists with other content",
        details=first(paths),
        hint="choose another folder with `-o DIR`, or replace it with `--force`",
    )


def swap_in(staged: str, folder: str, top: str) -> None:
    """Move the staged files to their destination in one step, after moving an existing directory away."""
    new = os.path.join(staged, os.path.relpath(top, folder))
    if os.path.isdir(top) and not os.path.islink(top):
        # A rename cannot replace a directory; the old one is removed with the staging folder.
        old = os.path.join(staged, ".old")
        os.rename(top, old)
        try:
            os.rename(new, top)
        except OSError:
            os.rename(old, top)
            raise
    else:
        os.replace(new, top)


def sums_of(path: str) -> Sums:
    """Digests and size of a file, read once."""
    import hashlib

    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    size = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
    return Sums(md5.hexdigest(), sha256.hexdigest(), size)


def sha256_of(path: str) -> str:
    """The sha256 of a file, in a third of the time of `sums_of`."""
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
