"""Store: what of the recorded outputs the DVC remote has, and sending what it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlgit.core.progress import Silent
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from mlgit.adapters.dvc.engine.contents import Contents
    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress

_HASH, _LEGACY_HASH = "md5", "md5-dos2unix"


class _Place(NamedTuple):
    """Where objects of one kind are: an output's own `remote:` or the default one, and DVC 2 or 3."""

    remote: str | None
    legacy: bool


def missing_in_remote(root: str, outputs: Sequence[Output], *, even_private: bool = True) -> tuple[str, ...]:
    """Paths of those outputs whose content is not (all) in the DVC remote.

    Outputs that Git tracks, and those DVC imports from another repository, are never missing. One
    without a pointer (nothing was recorded) always is. Asks the remote itself, not DVC's memory of it.
    Without `even_private` those that dvc.yaml keeps out of the remote (`push: false`) are not asked for.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached.
    """
    from mlgit.adapters.dvc.engine.remotes import ask_remotes

    missing = {output.path for output in outputs if output.cached and output.pointer is None}
    wanted = [
        output
        for output in outputs
        if output.cached
        and output.pointer is not None
        and not output.foreign
        and (even_private or output.push)
    ]
    answers = ask_remotes(root, wanted, strict=True)
    missing.update(holding.path for holding in answers.holdings if holding.missing)
    return tuple(path for path in dict.fromkeys(output.path for output in outputs) if path in missing)


def push_outputs(
    root: str,
    outputs: Sequence[Output],
    progress: Progress | None = None,
    *,
    even_private: bool = True,
) -> int:
    """Send what the remote has not of these outputs, whatever the working tree holds; how many files.

    Content that is not in this clone's cache is left out: ask `missing_in_remote` again. Without
    `even_private` those that dvc.yaml keeps out of the remote (`push: false`) stay here.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached, or did not take a file.
    """
    show = progress or Silent()
    count = 0
    for relative, every in _by_repository(root, outputs).items():
        with _opened(root, relative) as contents:
            group = [output for output in every if not output.foreign and (even_private or output.push)]
            keeping = [output for output in group if contents.keeps_versions(output.remote)]
            if keeping:
                # A remote that keeps versions itself takes nothing but the working tree's state.
                count += contents.push_worktree([output.path for output in keeping])
            objects: dict[_Place, set[str]] = {}
            for output in group:
                if output not in keeping:
                    for place, md5 in _objects(contents, output):
                        objects.setdefault(place, set()).add(md5)
            for place, hashes in objects.items():
                count += _send(contents, place, hashes, show)
    return count


def fetch_listings(root: str, outputs: Sequence[Output], progress: Progress | None = None) -> int:
    """Bring the listings of these directories into this clone's cache, checked by hash; how many came.

    Neither their files nor the working tree are touched. What the remote does not have stays away, and so
    does what a remote with versions of its own holds, from which only DVC can fetch.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached.
    """
    count = 0
    for relative, group in _by_repository(root, outputs).items():
        with _opened(root, relative) as contents:
            objects: dict[_Place, set[str]] = {}
            for output in group:
                remote, pointer = output.remote, output.pointer
                if pointer is not None and pointer.directory and not contents.keeps_versions(remote):
                    objects.setdefault(_Place(remote, pointer.legacy), set()).add(pointer.md5)
            for place, hashes in objects.items():
                count += _receive(contents, place, hashes, progress or Silent())
    return count


def fetch_outputs(root: str, outputs: Sequence[Output], progress: Progress | None = None) -> int:
    """Bring outputs, at whatever commit they are recorded, into this clone's cache; how many files came.

    The working tree is not touched, and content that is here is not asked for. What the remote does not have
    stays away, and so does what a remote with versions of its own holds, from which only DVC can fetch.

    Raises:
        StateError: no default DVC remote is configured (code `no_dvc_remote`).
        ToolError: the remote cannot be reached.
    """
    count = 0
    for relative, group in _by_repository(root, outputs).items():
        with _opened(root, relative) as contents:
            objects: dict[_Place, set[str]] = {}
            for output in group:
                if not contents.keeps_versions(output.remote):
                    for place, md5 in _objects(contents, output):
                        objects.setdefault(place, set()).add(md5)
            for place, hashes in objects.items():
                count += _receive(contents, place, hashes, progress or Silent())
    return count


def _by_repository(root: str, outputs: Sequence[Output]) -> Mapping[str, list[Output]]:
    from mlgit.adapters.dvc.engine.contents import nearest_root

    groups: dict[str, list[Output]] = {}
    for output in outputs:
        if output.cached and output.pointer is not None:
            groups.setdefault(nearest_root(root, output.path), []).append(output)
    return groups


def _opened(root: str, relative: str) -> AbstractContextManager[Contents]:
    from mlgit.adapters.dvc.engine.contents import opened_contents

    return opened_contents(root, relative)


def _objects(contents: Contents, output: Output) -> Iterator[tuple[_Place, str]]:
    """All objects of an output: itself, and the files of a directory as far as its listing is anywhere."""
    pointer = output.pointer
    if pointer is None:
        return
    place = _Place(output.remote, pointer.legacy)
    yield place, pointer.md5
    if pointer.directory:
        try:
            listing = contents.listing(pointer, remote=place.remote)
        except ToolError:
            # Without the listing the directory is missing already.
            return
        for member in listing.values():
            yield place, member.md5


def _send(contents: Contents, place: _Place, hashes: set[str], progress: Progress) -> int:
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.transfer import transfer

    from mlgit.adapters.dvc.engine.transfer import progress_callback

    source = contents.cache(legacy=place.legacy)
    target = contents.database(place.remote, legacy=place.legacy)
    name = _LEGACY_HASH if place.legacy else _HASH
    there = set(target.oids_exist(hashes))
    try:
        result = transfer(
            source,
            target,
            {HashInfo(name, md5) for md5 in hashes - there},
            jobs=target.fs.jobs,
            # No `dest_index`: it would keep back what the remote lost, since it was there once.
            cache_odb=source,
            callback=progress_callback(progress, "Pushing"),
        )
    finally:
        progress.end()
    if result.failed:
        raise ToolError(
            f"{len(result.failed)} files could not be sent to the DVC remote",
            details=tuple(sorted(str(each.value) for each in result.failed))[:10],
            hint="run it again: what arrived stays",
        )
    return len(result.transferred)


def _receive(contents: Contents, place: _Place, hashes: set[str], progress: Progress) -> int:
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.transfer import transfer

    from mlgit.adapters.dvc.engine.transfer import progress_callback

    source = contents.database(place.remote, legacy=place.legacy)
    name = _LEGACY_HASH if place.legacy else _HASH
    try:
        result = transfer(
            source,
            contents.cache(legacy=place.legacy),
            {HashInfo(name, md5) for md5 in hashes},
            jobs=source.fs.jobs,
            verify=True,
            callback=progress_callback(progress, "Fetching"),
        )
    finally:
        progress.end()
    return len(result.transferred)
