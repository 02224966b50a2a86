"""Placement: files staged beside where they go, compared with what stands there, and moved in one step."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.wording import first
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CHUNK = 1 << 20


class Sums(NamedTuple):
    """What a file is, by content."""

    md5: str
    sha256: str
    size_bytes: int


@contextmanager
def staging(folder: str) -> Iterator[str]:
    """A temporary folder in `folder`; neither is left behind when it goes wrong."""
    created = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".mlgit-") as place:
            yield place
    except BaseException:
        if created:
            with suppress(OSError):
                os.rmdir(folder)
        raise


def refuse_links(folder: str, places: Sequence[str]) -> None:
    """Links that stand in the folder already must not lead what we write out of it."""
    top = os.path.realpath(folder)
    for place in places:
        parent = os.path.realpath(os.path.join(folder, os.path.dirname(place)))
        if parent != top and not parent.startswith(top + os.sep):
            raise StateError(f"`{os.path.join(folder, place)}` would be written outside `{folder}`")


def existing_files(folder: str, top: str, places: Sequence[str]) -> dict[str, Sums]:
    """What stands where the model goes, by place below the folder."""
    directory = len(places) != 1 or os.path.join(folder, places[0]) != top
    if not os.path.lexists(top):
        return {}
    if directory != os.path.isdir(top):
        raise StateError(
            f"`{top}` is {'a file' if directory else 'a directory'} and the model is none",
            hint="choose another folder with `-o DIR`",
        )
    if not directory:
        return {places[0]: sums_of(top)}
    found = {}
    for place, _, names in os.walk(top):
        for name in names:
            file = os.path.join(place, name)
            found[os.path.relpath(file, folder).replace(os.sep, "/")] = sums_of(file)
    return found


def conflict(top: str, places: Sequence[str]) -> StateError:
    """The error that other content stands where the model goes."""
    return StateError(
        f"Something else stands at `{top}`",
        details=first(places),
        hint="choose another folder with `-o DIR`, or replace it with `--force`",
    )


def swap_in(staged: str, folder: str, top: str) -> None:
    """Move what is staged to its place in one step, the old one out of the way first."""
    name = os.path.relpath(top, folder)
    new = os.path.join(staged, name)
    if os.path.isdir(top) and not os.path.islink(top):
        # A rename cannot replace a directory: the old one steps aside and goes with the staging folder.
        old = os.path.join(staged, ".old")
        os.rename(top, old)
        try:
            os.rename(new, top)
        except OSError:
            os.rename(old, top)
            raise
    else:
        os.replace(new, top)


def sums_of(place: str) -> Sums:
    """Digests and size of a file, read once."""
    import hashlib

    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    size = 0
    with open(place, "rb") as file:
        while chunk := file.read(_CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
    return Sums(md5.hexdigest(), sha256.hexdigest(), size)


def sha256_of(place: str) -> str:
    """The sha256 of a file, in a third of the time that all of its sums take."""
    import hashlib

    with open(place, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
