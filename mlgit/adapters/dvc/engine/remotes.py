"""Remotes: what the DVC remotes have of recorded outputs; each is queried once, and nothing is downloaded."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from mlgit.core.pipeline.remote_data import Holding, RemoteHoldings
from mlgit.core.progress import Progress, Silent
from mlgit.core.record import NamedTuple
from mlgit.errors import MlgitError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.adapters.dvc.data.cache import Cache
    from mlgit.core.pipeline.stages import Output, Pointer

# A user name and password before the host of a URL, and its query, which may be a signature.
_CREDENTIALS = re.compile(r"(://)(?:[^/\s]+@)?([^?\s'\"]*)(?:\?[^\s'\"]*)?")
# Remotes that differ only in these settings are the same storage.
_IRRELEVANT = frozenset({"tmp_dir", "jobs", "checksum_jobs", "verify", "shared", "type", "read_only"})
# DVC waits five times a minute for a web server; a query gives up sooner, unless the remote is configured.
_TIMEOUTS_S = {"connect_timeout": 10, "read_timeout": 30}
_WEB = ("http://", "https://")


class _Wanted(NamedTuple):
    """One recorded output; `files` are the hashes of its files, None without its listing."""

    output: Output
    pointer: Pointer
    files: tuple[str, ...] | None


class _Storage(NamedTuple):
    """One folder of objects and the outputs to look for."""

    remote: str
    database: Any
    wanted: list[_Wanted]


def query_remotes(
    root: str, outputs: Sequence[Output], *, progress: Progress | None = None, strict: bool = False
) -> RemoteHoldings:
    """The content that the remotes have for outputs with a pointer; DVC's cache of the remotes is not used.

    A storage is queried once, however many outputs, names or DVC repositories share it; if one fails, only
    its own outputs are unknown. The listing of a directory that is not here is read into memory.

    The outputs may be of any DVC repositories below the Git root. If `strict`, the first failure is raised
    instead of reported.

    Raises:
        StateError: there is no DVC repository here; strict: no default DVC remote (code `no_dvc_remote`).
        ToolError: strict: a remote does not answer.
        ConfigError: strict: DVC's configuration is invalid.
    """
    if not outputs:
        return RemoteHoldings()
    from mlgit.adapters.dvc.engine.contents import nearest_root
    from mlgit.adapters.dvc.engine.opening import quiet

    query = _Query(root, progress or Silent(), strict=strict)
    groups: dict[tuple[str, str | None], list[Output]] = {}
    for output in outputs:
        groups.setdefault((nearest_root(root, output.path), output.remote), []).append(output)
    with quiet(root):
        for (relative, name), group in groups.items():
            query.assign(relative, name, group)
        return query.run()


class _Query:
    def __init__(self, root: str, progress: Progress, *, strict: bool) -> None:
        self._root = root
        self._progress = progress
        self._strict = strict
        self._caches: dict[str, Cache] = {}
        self._clouds: dict[str, Any] = {}
        self._holdings: list[Holding] = []
        self._failures: list[MlgitError] = []
        self._notes: dict[str, None] = {}
        self._storages: dict[tuple[object, ...], _Storage] = {}

    def assign(self, relative: str, name: str | None, outputs: Sequence[Output]) -> None:
        """Assign outputs of one DVC repository and one remote to their storages."""
        from mlgit.adapters.dvc.engine.failures import translated
        from mlgit.adapters.dvc.engine.transfer import remote_command

        try:
            with translated():
                self._assign(relative, name, outputs)
        except MlgitError as error:
            if error.code == "no_dvc_remote" and not self._strict:
                self._notes[f"No default DVC remote is configured (`{remote_command(self._root)}`)"] = None
                self._unknown(None, outputs)
            else:
                if error.code == "no_dvc_remote":
                    error.hint = f"run `{remote_command(self._root)}`"
                self._fail(name, error, outputs)

    def _assign(self, relative: str, name: str | None, outputs: Sequence[Output]) -> None:
        remote = self._cloud(relative).get_remote(name)
        if remote.worktree or remote.fs.version_aware:
            self._versions(relative, remote.name, outputs)
            return
        if remote.fs.protocol == "s3":
            # The library below it already tries five times.
            remote.fs.fs.retries = 1
        if remote.fs.protocol == "local" and not os.path.isdir(remote.path):
            self._notes[
                f"The folder of the DVC remote `{remote.name}` is not there: its disk is not mounted, "
                f"nothing was pushed to it yet, or `{remote.path}` is the wrong one"
            ] = None
        for output in outputs:
            pointer = output.pointer
            if pointer is None:
                continue
            place = (_place(remote), pointer.legacy)
            if place not in self._storages:
                database = remote.legacy_odb if pointer.legacy else remote.odb
                self._storages[place] = _Storage(remote.name, database, [])
            files = self._cached_files(relative, pointer)
            self._storages[place].wanted.append(_Wanted(output, pointer, files))

    def _cached_files(self, relative: str, pointer: Pointer) -> tuple[str, ...] | None:
        """The hashes of an output's files; None if its listing is not in this machine's cache."""
        if not pointer.directory:
            return (pointer.md5,)
        if relative not in self._caches:
            from mlgit.adapters.dvc.data.cache import Cache

            self._caches[relative] = Cache(os.path.join(self._root, relative))
        try:
            content = self._caches[relative].read(pointer)
        except StateError:  # damaged: the same as if it were not there
            content = None
        if content is None:
            return None
        from mlgit.adapters.dvc.engine.contents import listed_files

        return listed_files(content, pointer)

    def _cloud(self, relative: str) -> Any:
        """The remotes of one DVC repository."""
        if relative not in self._clouds:
            from types import SimpleNamespace

            from dvc.config import Config
            from dvc.data_cloud import DataCloud

            # Opening the repository would take three times as long, and write into it.
            config = Config(os.path.join(self._root, relative, ".dvc"))
            set_timeouts(config)
            self._clouds[relative] = DataCloud(
                SimpleNamespace(config=config, site_cache_dir=None, data_index=None)
            )
        return self._clouds[relative]

    def run(self) -> RemoteHoldings:
        """Query every storage once."""
        from mlgit.adapters.dvc.engine.failures import translated

        for storage in self._storages.values():
            try:
                with translated():
                    self._look(storage)
            except MlgitError as error:
                self._fail(storage.remote, error, [each.output for each in storage.wanted])
            finally:
                self._progress.end()
        return RemoteHoldings(
            holdings=tuple(self._holdings), failures=tuple(self._failures), notes=tuple(self._notes)
        )

    def _look(self, storage: _Storage) -> None:
        from mlgit.adapters.dvc.engine.contents import listed_files
        from mlgit.adapters.dvc.engine.presence import present, read_all, reject_catch_all_server

        reject_catch_all_server(storage.database)
        unread = {each.pointer.md5: each.pointer for each in storage.wanted if each.files is None}
        listings = {
            md5: None if content is None else listed_files(content, unread[md5])
            for md5, content in read_all(storage.database, unread, self._progress).items()
        }
        wanted = [
            each if each.files is not None else each._replace(files=listings[each.pointer.md5])
            for each in storage.wanted
        ]
        hashes = {each.pointer.md5 for each in wanted if each.pointer.md5 not in listings}
        hashes.update(md5 for each in wanted for md5 in each.files or ())
        found = present(storage.database, hashes, self._progress) if hashes else set()
        found.update(md5 for md5, files in listings.items() if files is not None)
        for each in wanted:
            own = (each.pointer.md5,) if each.pointer.directory else ()
            missing = tuple(md5 for md5 in (*own, *(each.files or ())) if md5 not in found)
            files = None if each.files is None else len(each.files)
            self._holdings.append(
                Holding(path=each.output.path, remote=storage.remote, files=files, missing=missing)
            )

    def _versions(self, relative: str, name: str, outputs: Sequence[Output]) -> None:
        """A version-aware storage has the files for which dvc.lock or the .dvc file records version ids."""
        from mlgit.adapters.dvc.engine.contents import opened_contents, recorded_versions

        self._notes[f"The DVC remote `{name}` is version-aware: its version ids are recorded here"] = None
        with opened_contents(self._root, relative) as contents:
            declared = contents.declared
        for output in outputs:
            pointer = output.pointer
            if pointer is None:
                continue
            versions = recorded_versions(declared.get(output.path), pointer)
            if versions is None:
                # Such a remote has no listing: the files that the local one names are missing there.
                files = self._cached_files(relative, pointer)
                versions = None if files is None else tuple((md5, False) for md5 in files)
            if versions is None:
                found = Holding(path=output.path, remote=name, missing=(pointer.md5,))
            else:
                missing = tuple(md5 for md5, there in versions if not there)
                found = Holding(path=output.path, remote=name, files=len(versions), missing=missing)
            self._holdings.append(found)

    def _fail(self, name: str | None, error: MlgitError, outputs: Sequence[Output]) -> None:
        if self._strict:
            raise error
        if error.location is not None:
            if error not in self._failures:
                self._failures.append(error)
            self._unknown(name, outputs)
            return
        called = f"The DVC remote `{name}`" if name else "The default DVC remote"
        reason = without_credentials(error.details[0] if error.details else error.message).rstrip(".")
        hint = error.hint if not error.details else None
        failure = MlgitError(
            f"{called} could not be queried: {reason}",
            hint=hint or "check the network and the credentials; `dvc remote list` shows where it is",
        )
        failure.code = error.code
        self._failures.append(failure)
        self._unknown(name, outputs)

    def _unknown(self, name: str | None, outputs: Sequence[Output]) -> None:
        self._holdings += [Holding(path=output.path, remote=name, answered=False) for output in outputs]


def without_credentials(text: str) -> str:
    """The message of a library, without user names, passwords and queries in its URLs."""
    return _CREDENTIALS.sub(r"\1\2", text)


def set_timeouts(config: Any) -> None:
    """Give up sooner on silent web servers, unless their remotes are configured."""
    for remote in config["remote"].values():
        if str(remote.get("url")).startswith(_WEB):
            for key, seconds in _TIMEOUTS_S.items():
                remote.setdefault(key, seconds)


def _place(remote: Any) -> tuple[object, ...]:
    """The identity of a storage and of the account that is used."""
    access = {key: value for key, value in remote.config.items() if key not in _IRRELEVANT}
    return (remote.fs.protocol, remote.path, repr(sorted(access.items(), key=str)))
