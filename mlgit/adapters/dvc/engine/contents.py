"""Contents: files by hash, from this clone's cache or the DVC remote; the working tree is not touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlgit.core.pipeline.stages import Pointer, is_hash
from mlgit.core.progress import Progress, Silent
from mlgit.core.wording import word
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dvc.repo import Repo


@contextmanager
def open_contents(root: str, path: str) -> Iterator[Contents]:
    """The contents of the DVC repository that `path` (from the Git root) belongs to."""
    with opened_contents(root, nearest_root(root, path)) as contents:
        yield contents


@contextmanager
def opened_contents(root: str, relative: str) -> Iterator[Contents]:
    """The contents of the DVC repository at `relative` below the Git root."""
    from mlgit.adapters.dvc.engine.opening import opened

    with opened(root, relative) as repo:
        yield Contents(repo, root)


def nearest_root(root: str, path: str) -> str:
    """The innermost DVC repository around a path."""
    from mlgit.adapters.dvc.engine.opening import require_dvc_roots

    folder = "" if os.path.isabs(path) else path
    while folder:
        folder = os.path.dirname(folder)
        if os.path.isfile(os.path.join(root, folder, ".dvc", "config")):
            return folder or "."
    return require_dvc_roots(root)[0]


class Contents:
    """Cache and remote of one open DVC repository below the absolute Git root."""

    def __init__(self, repo: Repo, root: str) -> None:
        self._repo = repo
        self._root = root
        self._remotes: dict[str | None, Any] = {}

    def listing(self, pointer: Pointer, *, remote: str | None = None) -> Mapping[str, Pointer]:
        """The files of a directory: path below it -> pointer.

        Raises:
            ToolError: the listing is not in the cache or the remote, or it is damaged.
        """
        for content in self._contents(pointer, remote):
            found = _members(content, pointer)
            if found is not None:
                return found
        raise ToolError(
            f"The listing `{pointer.md5}` of a directory is neither in the cache nor in the DVC remote, "
            "or it is damaged",
            hint="run `dvc push` in a clone that has it",
        )

    def _contents(self, pointer: Pointer, remote: str | None) -> Iterator[bytes]:
        """The objects with this hash in the cache and the remote, the cache first."""
        cached = self._cached(pointer)
        if cached is not None:
            with open(cached, "rb") as file:
                yield file.read()
        with suppress(StateError, FileNotFoundError):
            database = self.database(remote, legacy=pointer.legacy)
            yield database.fs.cat_file(database.oid_to_path(pointer.md5))

    def fetch(
        self, wanted: Mapping[str, Pointer], *, path: str, progress: Progress | None = None
    ) -> Mapping[str, str]:
        """Copy files to these absolute paths, each checked by hash; path -> plain md5 of the bytes there.

        Existing files are overwritten. `path` is the output they belong to, for its own `remote:`.

        Raises:
            StateError: no remote, and a file is not in the cache.
            ToolError: a file is nowhere, or damaged in the remote.
        """
        show = progress or Silent()
        sums: dict[str, str] = {}
        remaining: dict[str, Pointer] = {}
        for place, pointer in wanted.items():
            cached = self._cached(pointer)
            if cached is not None:
                shutil.copyfile(cached, place)
                found = _checked(place, pointer)
                if found is not None:
                    sums[place] = found
                    continue
            remaining[place] = pointer
        if remaining:
            show.start("Fetching", total=len(remaining))
            try:
                sums.update(self._download(remaining, path, show))
            finally:
                show.end()
        return sums

    def _download(self, wanted: Mapping[str, Pointer], path: str, progress: Progress) -> Mapping[str, str]:
        declared = self.declared.get(path)
        remote = self.remote(declared.remote if declared else None)
        if remote.fs.version_aware:
            raise StateError(
                f"The DVC remote `{remote.name}` is version-aware; only DVC can fetch from it",
                hint=f"run `dvc fetch {word(path)}` at that commit, then run this again",
            )
        if remote.fs.protocol == "local" and not os.path.isdir(remote.path):
            raise ToolError(
                f"The DVC remote `{remote.name}` is not there: `{remote.path}` is not a folder",
                hint=f"if it is on another disk, mount that, then run this again; `dvc remote modify --local "
                f"{word(remote.name)} url FOLDER` names another folder for this clone",
            )
        sums = {}
        for place, pointer in wanted.items():
            database = remote.legacy_odb if pointer.legacy else remote.odb
            source = database.oid_to_path(pointer.md5)
            try:
                database.fs.get_file(source, place)
            except FileNotFoundError as error:
                raise ToolError(
                    f"`{path}` ({pointer.md5}) is neither in the cache nor in the DVC remote `{remote.name}`",
                    hint="run `dvc push` in a clone that has it",
                ) from error
            found = _checked(place, pointer)
            if found is None:
                raise ToolError(
                    f"`{path}` is damaged in the DVC remote `{remote.name}`: it is not {pointer.md5}",
                    hint="run `dvc push` in a clone that has it whole, after removing it from the remote",
                )
            sums[place] = found
            progress.advance()
        return sums

    def _cached(self, pointer: Pointer) -> str | None:
        """The file of an object in the cache; None if it is not there."""
        place: str = self.cache(legacy=pointer.legacy).oid_to_path(pointer.md5)
        return place if os.path.isfile(place) else None

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """The working tree's outputs by path from the Git root; empty if its files are invalid."""
        from dvc.exceptions import DvcException

        try:
            outputs = [out for out in self._repo.index.outs if out.is_in_repo]
        except DvcException:  # only an output's own `remote:` is lost: the hashes come from the caller
            outputs = []
        return {os.path.relpath(out.fs_path, self._root).replace(os.sep, "/"): out for out in outputs}

    def cache(self, *, legacy: bool) -> Any:
        return self._repo.cache.legacy if legacy else self._repo.cache.local

    def keeps_versions(self, remote: str | None) -> bool:
        """Whether the remote is version-aware: its storage keeps the versions of files."""
        found = self.remote(remote)
        return bool(found.worktree or found.fs.version_aware)

    def push_worktree(self, targets: Sequence[str]) -> int:
        """DVC's own push of the working tree's outputs; the number of files."""
        return int(self._repo.push(targets=list(targets)))

    def remote(self, name: str | None) -> Any:
        """A DVC remote by name; None for the default one."""
        if name not in self._remotes:
            self._remotes[name] = self._repo.cloud.get_remote(name)
        return self._remotes[name]

    def database(self, name: str | None, *, legacy: bool) -> Any:
        """The objects in a remote."""
        from mlgit.adapters.dvc.engine.failures import translated

        with translated():
            remote = self.remote(name)
        return remote.legacy_odb if legacy else remote.odb


def _members(listing: bytes, pointer: Pointer) -> Mapping[str, Pointer] | None:
    """The files that a listing names; None if it is damaged.

    Raises:
        ToolError: DVC did not write it; content with the right hash may be anything.
    """
    if hashlib.md5(listing, usedforsecurity=False).hexdigest() != pointer.md5.removesuffix(".dir"):
        return None
    try:
        found = {
            entry["relpath"]: Pointer(md5=entry["md5"], legacy=pointer.legacy)
            for entry in json.loads(listing)
        }
        if all(isinstance(name, str) and is_hash(member.md5) for name, member in found.items()):
            return found
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ToolError(f"The directory listing `{pointer.md5}` was not written by DVC")


def listed_files(listing: bytes, pointer: Pointer) -> tuple[str, ...] | None:
    """The hashes of the files that a directory's listing names; None if it is damaged."""
    try:
        members = _members(listing, pointer)
    except ToolError:
        return None
    return None if members is None else tuple(member.md5 for member in members.values())


def recorded_versions(declared: Any, pointer: Pointer) -> tuple[tuple[str, bool], ...] | None:
    """For each file of an output: its hash, and whether its version id in the cloud is recorded.

    None if dvc.lock or the .dvc file does not record this content file by file.
    """
    if declared is None or declared.hash_info.value != pointer.md5:
        return None
    if not pointer.directory:
        return ((pointer.md5, bool(declared.meta.version_id)),)
    if declared.files is None:
        return None
    return tuple((file["md5"], bool(file.get("version_id"))) for file in declared.files)


def _checked(place: str, pointer: Pointer) -> str | None:
    """The plain md5 of a file; None, and the file is removed, if its content is not the pointer's."""
    from dvc_data.hashfile.hash import file_md5

    plain: str = file_md5(place, name="md5")
    recorded = file_md5(place, name="md5-dos2unix") if pointer.legacy else plain
    if recorded == pointer.md5:
        return plain
    os.unlink(place)
    return None
