"""Store: find recorded outputs that the DVC remote lacks, send them, and fetch others from it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlgit.core.progress import Progress, Silent
from mlgit.core.record import NamedTuple
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.adapters.dvc.engine.contents import Contents
    from mlgit.core.pipeline.stages import Output


class _Place(NamedTuple):
    """A part of a remote: an output's own `remote:` or the default one, and objects of DVC 2 or 3."""

    remote: str | None
    legacy: bool


def missing_in_remote(root: str, outputs: Sequence[Output], *, even_private: bool = True) -> tuple[str, ...]:
    """Paths of the outputs whose content is not, or not completely, in the DVC remote.

    Outputs that Git tracks, and those that DVC imports from another repository, are never missing. One
    without a pointer (nothing was recorded) always is. This asks the remote itself, not DVC's cache of it.
    Without `even_private`, outputs that dvc.yaml keeps out of the remote (`push: false`) are left out.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached.
    """
    from mlgit.adapters.dvc.engine.remotes import query_remotes

    cached = [output for output in outputs if output.cached]
    missing = {output.path for output in cached if output.pointer is None}
    kept = [output for output in cached if not output.foreign and (even_private or output.push)]
    answers = query_remotes(root, [output for output in kept if output.pointer is not None], strict=True)
    missing.update(holding.path for holding in answers.holdings if holding.missing)
    return tuple(path for path in dict.fromkeys(output.path for output in outputs) if path in missing)


def push_outputs(
    root: str, outputs: Sequence[Output], progress: Progress | None = None, *, even_private: bool = True
) -> int:
    """Send the content of these outputs that the remote lacks; return the number of files.

    The working tree does not matter.

    Content that is not in this clone's cache is left out; `missing_in_remote` finds it. Without
    `even_private`, outputs that dvc.yaml keeps out of the remote (`push: false`) are left out.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached, or refused a file.
    """
    from mlgit.adapters.dvc.engine.contents import opened_contents

    show = progress or Silent()
    count = 0
    for relative, every in _by_repository(root, outputs).items():
        with opened_contents(root, relative) as contents:
            group = [output for output in every if not output.foreign and (even_private or output.push)]
            keeping = [output for output in group if contents.keeps_versions(output.remote)]
            if keeping:
                # A version-aware remote only takes the state of the working tree.
                count += contents.push_worktree([output.path for output in keeping])
            others = [output for output in group if output not in keeping]
            for place, hashes in _objects_by_place(contents, others).items():
                count += _send(contents, place, hashes, show)
    return count


def fetch_listings(root: str, outputs: Sequence[Output], progress: Progress | None = None) -> int:
    """Fetch only the listings of these directories, not their files; otherwise like `fetch_outputs`."""
    return _fetch(root, outputs, progress, members=False)


def fetch_outputs(root: str, outputs: Sequence[Output], progress: Progress | None = None) -> int:
    """Fetch outputs, at whatever commit they are recorded, into this clone's cache; the number of files.

    Every file is checked by hash. The working tree is not touched, and content that is here is not fetched
    again. What the remote lacks is left out, and so are outputs in a version-aware remote, from which only
    DVC can fetch.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached.
    """
    return _fetch(root, outputs, progress, members=True)


def _fetch(root: str, outputs: Sequence[Output], progress: Progress | None, *, members: bool) -> int:
    from mlgit.adapters.dvc.engine.contents import opened_contents

    count = 0
    for relative, group in _by_repository(root, outputs).items():
        with opened_contents(root, relative) as contents:
            wanted = [output for output in group if not contents.keeps_versions(output.remote)]
            for place, hashes in _objects_by_place(contents, wanted, members=members).items():
                count += _receive(contents, place, hashes, progress or Silent())
    return count


def _by_repository(root: str, outputs: Sequence[Output]) -> Mapping[str, list[Output]]:
    from mlgit.adapters.dvc.engine.contents import nearest_root

    groups: dict[str, list[Output]] = {}
    for output in outputs:
        if output.cached and output.pointer is not None:
            groups.setdefault(nearest_root(root, output.path), []).append(output)
    return groups


def _objects_by_place(
    contents: Contents, outputs: Sequence[Output], *, members: bool = True
) -> Mapping[_Place, set[str]]:
    """The hashes of the outputs' objects; without `members` only those of directory listings."""
    found: dict[_Place, set[str]] = {}
    for output in outputs:
        pointer = output.pointer
        if pointer is None or not (members or pointer.directory):
            continue
        hashes = found.setdefault(_Place(output.remote, pointer.legacy), set())
        hashes.add(pointer.md5)
        if members and pointer.directory:
            with suppress(ToolError):  # without its listing the directory is missing anyway
                listing = contents.listing(pointer, remote=output.remote)
                hashes.update(member.md5 for member in listing.values())
    return found


def _send(contents: Contents, place: _Place, hashes: set[str], progress: Progress) -> int:
    source = contents.cache(legacy=place.legacy)
    target = contents.database(place.remote, legacy=place.legacy)
    missing = hashes - set(target.oids_exist(hashes))
    # No `dest_index`: it would leave out what was in the remote once and is lost now.
    sent, failed = _transfer(
        source, target, missing, place, progress, "Pushing", jobs=target.fs.jobs, cache_odb=source
    )
    if failed:
        raise ToolError(
            f"{len(failed)} files could not be sent to the DVC remote",
            details=tuple(sorted(str(each.value) for each in failed))[:10],
            hint="run it again; files that arrived are not sent again",
        )
    return len(sent)


def _receive(contents: Contents, place: _Place, hashes: set[str], progress: Progress) -> int:
    source = contents.database(place.remote, legacy=place.legacy)
    target = contents.cache(legacy=place.legacy)
    received, _ = _transfer(
        source, target, hashes, place, progress, "Fetching", jobs=source.fs.jobs, verify=True
    )
    return len(received)


def _transfer(
    source: Any, target: Any, hashes: set[str], place: _Place, progress: Progress, title: str, **options: Any
) -> Any:
    """DVC's sets of the objects that it copied, and of those that failed."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.transfer import transfer

    from mlgit.adapters.dvc.engine.transfer import progress_callback

    kind = "md5-dos2unix" if place.legacy else "md5"
    callback = progress_callback(progress, title)
    try:
        return transfer(source, target, {HashInfo(kind, md5) for md5 in hashes}, callback=callback, **options)
    finally:
        progress.end()
