"""Presence: which objects a DVC storage has; nothing is downloaded or changed."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from mlgit.core.progress import Progress, Silent
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    T = TypeVar("T")

_UNLISTABLE = frozenset({"http", "https"})
_IN_NO_STORAGE = "0" * 32  # no known content has this hash
_PREFIXES = 256
_NAMES_A_QUERY = 1000
"""Reading this many names of a folder takes as long as asking for one file."""


def present(database: Any, hashes: Collection[str], progress: Progress) -> set[str]:
    """The hashes that a storage has, found by one listing or, if that is cheaper, by queries.

    Raises:
        Exception: of the storage's library, if the storage refuses or does not answer.
    """
    files = database.fs
    if files.protocol == "local":
        # Not `oids_exist`: it hashes files with other permissions, and removes those that differ.
        return _on_disk(database.path, hashes)
    if files.protocol in _UNLISTABLE:
        places = {database.oid_to_path(md5): md5 for md5 in hashes}
        progress.start("Querying the DVC remote", total=len(places))
        # Unless strict, a server that refuses or does not exist looks like an empty one.
        found = _all(files, lambda place: files.fs._exists(place, strict=True), places, progress)  # noqa: SLF001
        return {places[place] for place, there in found.items() if there}
    progress.start("Listing the DVC remote")
    return set(database.oids_exist(set(hashes)))


def reject_catch_all_server(database: Any) -> None:
    """Reject a web server that returns a page for every file, for example a log-in page.

    Raises:
        ToolError: it returns a file that does not exist.
        Exception: of the storage's library, if the storage refuses or does not answer.
    """
    if database.fs.protocol in _UNLISTABLE and present(database, {_IN_NO_STORAGE}, Silent()):
        raise ToolError(
            "The web server returns a page even for files that do not exist",
            hint="open it in a browser; it may ask for a log-in: `dvc remote modify --help`",
        )


def read_all(database: Any, hashes: Iterable[str], progress: Progress) -> Mapping[str, bytes | None]:
    """The contents of small objects, into memory only; None if the storage lacks one.

    Raises:
        Exception: of the storage's library, if the storage refuses or does not answer.
    """
    files = database.fs
    places = {database.oid_to_path(md5): md5 for md5 in hashes}
    if not places:
        return {}
    progress.start("Reading directory listings", total=len(places))
    if files.fs.async_impl:

        async def read(place: str) -> bytes | None:
            with suppress(FileNotFoundError):
                return bytes(await files.fs._cat_file(place))  # noqa: SLF001 (the awaitable one)
            return None

        found = _all(files, read, places, progress)
        return {places[place]: content for place, content in found.items()}
    contents: dict[str, bytes | None] = dict.fromkeys(places.values())
    for place, md5 in places.items():
        with suppress(FileNotFoundError):
            contents[md5] = files.cat_file(place)
        progress.advance()
    return contents


def _all(
    files: Any, ask: Callable[[str], Awaitable[T]], places: Iterable[str], progress: Progress
) -> Mapping[str, T]:
    """Query all places, as many at once as DVC would; the first failure, or Ctrl-C, ends it at once."""

    async def every() -> Mapping[str, T]:
        limit = asyncio.Semaphore(files.jobs)

        async def one(place: str) -> T:
            async with limit:
                answer = await ask(place)
            progress.advance()
            return answer

        async with asyncio.TaskGroup() as group:
            tasks = {place: group.create_task(one(place)) for place in places}
        return {place: task.result() for place, task in tasks.items()}

    asked = asyncio.run_coroutine_threadsafe(every(), files.fs.loop)
    try:
        return asked.result()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        asked.cancel()


def _on_disk(folder: str, hashes: Collection[str]) -> set[str]:
    wanted: dict[str, set[str]] = {}
    for md5 in hashes:
        wanted.setdefault(md5[:2], set()).add(md5)
    names = _PREFIXES * len(_names(os.path.join(folder, "00")))
    if len(hashes) > len(wanted) + names / _NAMES_A_QUERY:
        return {
            md5
            for prefix, group in wanted.items()
            for md5 in group & {prefix + name for name in _names(os.path.join(folder, prefix))}
        }
    return {md5 for md5 in hashes if _exists(os.path.join(folder, md5[:2], md5[2:]))}


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    return True
