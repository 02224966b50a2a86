"""Fetching: the files of a version, with their sources and destinations."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.stages import Output, Pointer


@record
class FetchedFile:
    """A fetched file.

    `path` is from the root of the repository, `destination` the absolute path of the file now; `state` says
    whether it was written or there already. `md5` is that of its bytes.
    """

    path: str
    destination: str = field(metadata={"json": "place"})
    md5: str
    sha256: str
    size_bytes: int
    state: Literal["written", "already"]


@record
class Fetched:
    """The result of `mlgit get`; `version` and `environment` are None unless the reference names them.

    `stated` says that the release stated the sha256 of every file; they were checked.
    """

    reference: str
    model: str
    version: str | None
    environment: str | None
    commit: str
    folder: str
    stated: bool
    files: tuple[FetchedFile, ...]
    notes: tuple[str, ...] = ()


@record
class Source:
    """The source of a file: in DVC at `pointer`, or in Git if it is None."""

    path: str
    pointer: Pointer | None


def members(output: Output, listing: Mapping[str, Pointer], path: str) -> tuple[Source, ...]:
    """The files of a directory output that are `path` or are in it."""
    sources = (Source(path=f"{output.path}/{name}", pointer=listing[name]) for name in sorted(listing))
    return tuple(source for source in sources if source.path == path or source.path.startswith(f"{path}/"))


def destination_below(path: str, top: str) -> str:
    """The destination of a file of the model at `top`: `models/bert/a.bin` of `models/bert` -> `bert/a.bin`.

    Raises:
        StateError: it would be outside the folder.
    """
    name = top.rstrip("/").rpartition("/")[2]
    destination = name + path.removeprefix(top.rstrip("/")) if path != top else name
    parts = destination.split("/")
    if "\0" in destination or "\\" in destination or any(part in {"", ".", ".."} for part in parts):
        raise StateError(
            f"`{path}` would be written outside the folder", hint="look at the repository it comes from"
        )
    return destination
