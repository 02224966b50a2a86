"""Remote data: which recorded outputs the DVC remotes lack, and where else their content is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.errors import MlgitError

Presence = Literal["missing", "private", "foreign", "unknown"]
Elsewhere = Literal["cache", "workspace", "partly", "nowhere"]


@record
class Holding:
    """The part of one output that a DVC remote has.

    `remote` is its name, None if no default remote is configured. `files` counts the files of the content,
    None if the listing of a directory is neither here nor there. `missing` are the hashes that the remote
    lacks, one per file, and that of the listing. `answered` is False if the remote did not answer or none is
    configured.
    """

    path: str
    remote: str | None
    files: int | None = None
    missing: tuple[str, ...] = ()
    answered: bool = True


@record
class RemoteHoldings:
    """The results of all DVC remotes; `notes` are sentences about remotes that cannot be queried."""

    holdings: tuple[Holding, ...] = ()
    failures: tuple[MlgitError, ...] = ()
    notes: tuple[str, ...] = ()


@record
class Recording:
    """The commit that recorded a content, and its author, who may still have it."""

    commit: str
    author: str


@record
class RemoteOutput:
    """One output that is not, or not completely, in its remote.

    `presence` is `missing`, `private` (`push: false`), `foreign` (its content stays in the remote of the
    repository it was imported from) or `unknown` (the remote did not answer, or there is none). `files` and
    `size_bytes` are of the whole output, `missing_files` and `missing_bytes` of the missing part; None
    is unknown. `elsewhere` says where the missing content is on this machine: in the cache, in the working
    tree only, partly, or nowhere. `recorded` is the commit that recorded it, if it is not on this machine.
    """

    path: str
    owner: str
    remote: str | None
    presence: Presence
    files: int | None = None
    size_bytes: int | None = None
    missing_files: int | None = None
    missing_bytes: int | None = None
    listing_missing: bool = False
    elsewhere: Elsewhere | None = None
    recorded: Recording | None = None


@record
class RemoteCount:
    """The number of recorded outputs of one DVC remote, and how many it lacks, at least in part."""

    remote: str
    outputs: int
    missing: int
    answered: bool


@record
class RemoteData:
    """The data part of `mlgit status --remote`; `outputs` are those not completely in their remote."""

    remotes: tuple[RemoteCount, ...] = ()
    outputs: tuple[RemoteOutput, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[RemoteOutput, ...]:
        """The outputs that a remote should have but lacks."""
        return tuple(output for output in self.outputs if output.presence == "missing")


def kept_elsewhere(output: Output) -> RemoteOutput | None:
    """The state of an output that our remotes are not expected to have; None for all others."""
    if output.push and not output.foreign:
        return None
    return _known(output, "foreign" if output.foreign else "private", remote=output.remote)


def count_by_remote(holdings: tuple[Holding, ...]) -> tuple[RemoteCount, ...]:
    found: dict[str, list[Holding]] = {}
    for holding in holdings:
        if holding.remote is not None:
            found.setdefault(holding.remote, []).append(holding)
    return tuple(
        RemoteCount(
            remote=name,
            outputs=len(found[name]),
            missing=sum(bool(each.missing) for each in found[name]),
            answered=all(each.answered for each in found[name]),
        )
        for name in sorted(found)
    )


def lacking(
    output: Output,
    holding: Holding,
    *,
    cached_bytes: Callable[[Pointer], int | None],
    in_workspace: Callable[[], bool],
) -> RemoteOutput | None:
    """The state of an output that its remote lacks, in whole or in part, or that is unknown; None otherwise.

    `cached_bytes` is the size of an object in this machine's cache, None if it is not there. `in_workspace`
    says whether the working tree has the output as recorded.
    """
    if not holding.answered:
        return _known(output, "unknown", remote=holding.remote)
    pointer = output.pointer
    if pointer is None or not holding.missing:
        return None
    sizes = {md5: cached_bytes(Pointer(md5=md5, legacy=pointer.legacy)) for md5 in set(holding.missing)}
    here = sum(size is not None for size in sizes.values())
    if here == len(sizes):
        elsewhere: Elsewhere = "cache"
    elif in_workspace():
        elsewhere = "workspace"
    else:
        elsewhere = "partly" if here else "nowhere"
    files = [md5 for md5 in holding.missing if not md5.endswith(".dir")]
    listed = holding.files is not None
    return replace(
        _known(output, "missing", remote=holding.remote),
        files=holding.files if listed else pointer.nfiles,
        missing_files=len(files) if listed else None,
        missing_bytes=_bytes([sizes[md5] for md5 in files], pointer, whole=len(files) == holding.files)
        if listed
        else None,
        listing_missing=len(files) < len(holding.missing),
        elsewhere=elsewhere,
    )


def _bytes(sizes: list[int | None], pointer: Pointer, *, whole: bool) -> int | None:
    if whole and pointer.size is not None:
        return pointer.size
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _known(output: Output, presence: Presence, *, remote: str | None) -> RemoteOutput:
    """The facts from dvc.lock or the .dvc file alone."""
    pointer = output.pointer
    return RemoteOutput(
        path=output.path,
        owner=output.owner,
        remote=remote,
        presence=presence,
        files=None if pointer is None else pointer.nfiles if pointer.directory else 1,
        size_bytes=None if pointer is None else pointer.size,
    )
