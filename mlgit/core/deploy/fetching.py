"""Fetching: the files of one version, where they come from and where they go."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.stages import Output, Pointer


@record
class FetchedFile:
    """One file.

    `path` is from the root of the repository, `destination` where it is now. `state` is whether it was
    written or stood there already. `md5` is that of its bytes.
    """

    path: str
    destination: str = field(metadata={"json": "place"})
    md5: str
    sha256: str
    size_bytes: int
    state: Literal["written", "already"]


@record
class Fetched:
    """What `mlgit get` answers; `version` and `environment` as far as the reference names them.

    `stated` says whether the release stated sha256 digests, which then were checked too.
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
    """Where one file's content is: under a hash of DVC's, or in Git when `pointer` is None."""

    path: str
    pointer: Pointer | None


def outputs_of(path: str, outputs: Iterable[Output]) -> tuple[Output, ...]:
    """DVC's outputs that are `path`, lie in it, or hold it; those Git keeps are left out."""
    return tuple(output for output in outputs if output.cached and _meets(output.path, path))


def members(output: Output, listing: Mapping[str, Pointer], path: str) -> tuple[Source, ...]:
    """The files of a directory output that are `path` or lie in it."""
    sources = (Source(path=f"{output.path}/{name}", pointer=listing[name]) for name in sorted(listing))
    return tuple(source for source in sources if source.path == path or source.path.startswith(f"{path}/"))


def destination_below(path: str, top: str) -> str:
    """Where a file of the model at `top` goes: `models/bert/a.bin` of `models/bert` -> `bert/a.bin`.

    Raises:
        StateError: it would leave the folder.
    """
    name = top.rstrip("/").rpartition("/")[2]
    destination = name + path.removeprefix(top.rstrip("/")) if path != top else name
    parts = destination.split("/")
    if "\0" in destination or "\\" in destination or any(part in {"", ".", ".."} for part in parts):
        raise StateError(
            f"`{path}` would be written outside the folder", hint="look at the repository it comes from"
        )
    return destination


def _meets(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
