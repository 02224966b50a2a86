"""Remotes: what the DVC remotes hold of recorded outputs; each is asked once, and nothing is brought here."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mlgit.core.pipeline.remote_data import Holding, RemoteHoldings
from mlgit.core.progress import Silent
from mlgit.errors import MlgitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.adapters.dvc.data.cache import Cache
    from mlgit.core.pipeline.stages import Output, Pointer
    from mlgit.core.progress import Progress

# In front of a URL's host, and its query, which may be a signature.
_CREDENTIALS = re.compile(r"(://)(?:[^/\s]+@)?([^?\s'\"]*)(?:\?[^\s'\"]*)?")
# What tells two ways into the same storage apart is everything but how DVC goes about it here.
_MANNERS = frozenset({"tmp_dir", "jobs", "checksum_jobs", "verify", "shared", "type", "read_only"})
# DVC waits for a web server five times a minute; who only asks gives up sooner, unless told otherwise.
_PATIENCE_S = {"connect_timeout": 10, "read_timeout": 30}
_WEB = ("http://", "https://")


class _Wanted(NamedTuple):
    """One recorded output; `files` are the hashes of its files, None while nobody has the listing."""

    output: Output
    pointer: Pointer
    files: tuple[str, ...] | None


class _Storage(NamedTuple):
    """One folder of objects and what is wanted of it."""

    remote: str
    database: Any
    wanted: list[_Wanted]


def ask_remotes(
    root: str,
    outputs: Sequence[Output],
    *,
    progress: Progress | None = None,
    strict: bool = False,
) -> RemoteHoldings:
    """What the remotes hold of outputs that have a pointer, asked of themselves, not of DVC's memory of them.

    A storage is asked once, however many outputs, names or DVC repositories lead to it; one that fails takes
    only its own outputs along. The listing of a directory that is not here is read into memory.

    Args:
        root: the Git root.
        outputs: recorded ones, from whichever DVC repositories there are below it.
        progress: told while a remote is asked.
        strict: whether the first failure is raised instead of told.

    Raises:
        StateError: there is no DVC repository here; strict: no default DVC remote (code `no_dvc_remote`).
        ToolError: strict: a remote does not answer.
        ConfigError: strict: DVC's configuration is invalid.
    """
    if not outputs:
        return RemoteHoldings()
    from mlgit.adapters.dvc.engine.contents import nearest_root
    from mlgit.adapters.dvc.engine.opening import quiet

    asking = _Asking(root, progress or Silent(), strict=strict)
    groups: dict[tuple[str, str | None], list[Output]] = {}
    for output in outputs:
        groups.setdefault((nearest_root(root, output.path), output.remote), []).append(output)
    with quiet(root):
        for (relative, name), group in groups.items():
            asking.sort(relative, name, group)
        asking.ask()
    return asking.answers()


class _Asking:
    """One round of questions."""

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

    def answers(self) -> RemoteHoldings:
        """All that was found out."""
        return RemoteHoldings(
            holdings=tuple(self._holdings), failures=tuple(self._failures), notes=tuple(self._notes)
        )

    def sort(self, relative: str, name: str | None, outputs: Sequence[Output]) -> None:
        """Put outputs of one DVC repository, all of one remote, to the storages that they belong to."""
        from mlgit.adapters.dvc.engine.failures import translated

        try:
            with translated():
                self._sort(relative, name, outputs)
        except MlgitError as error:
            if error.code == "no_dvc_remote" and not self._strict:
                self._notes["No default DVC remote is configured (`dvc remote add -d NAME URL`)"] = None
                self._untold(None, outputs)
            else:
                self._fail(name, error, outputs)

    def _sort(self, relative: str, name: str | None, outputs: Sequence[Output]) -> None:
        remote = self._cloud(relative).get_remote(name)
        if remote.worktree or remote.fs.version_aware:
            self._versions(relative, remote.name, outputs)
            return
        if remote.fs.protocol == "s3":
            # It would try five times what the library below it tries five times already.
            remote.fs.fs.retries = 1
        if remote.fs.protocol == "local" and not os.path.isdir(remote.path):
            self._notes[
                f"The folder of the DVC remote `{remote.name}` is not there: nothing was pushed to it yet, "
                f"or `{remote.path}` is the wrong one"
            ] = None
        for output in outputs:
            pointer = output.pointer
            if pointer is None:
                continue
            place = (_place(remote), pointer.legacy)
            if place not in self._storages:
                database = remote.legacy_odb if pointer.legacy else remote.odb
                self._storages[place] = _Storage(remote.name, database, [])
            files = self._cached_listing(relative, pointer) if pointer.directory else (pointer.md5,)
            self._storages[place].wanted.append(_Wanted(output, pointer, files))

    def _cached_listing(self, relative: str, pointer: Pointer) -> tuple[str, ...] | None:
        """The hashes of a directory's files; None when its listing is not in this machine's cache."""
        if relative not in self._caches:
            from mlgit.adapters.dvc.data.cache import Cache

            self._caches[relative] = Cache(os.path.join(self._root, relative))
        content = self._caches[relative].read(pointer)
        if content is None:
            return None
        from mlgit.adapters.dvc.engine.contents import listed_files

        return listed_files(content, pointer)

    def _cloud(self, relative: str) -> Any:  # noqa: ANN401 (dvc has no types)
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

    def ask(self) -> None:
        """Ask every storage once."""
        from mlgit.adapters.dvc.engine.failures import translated

        for storage in self._storages.values():
            try:
                with translated():
                    self._ask(storage)
            except MlgitError as error:
                self._fail(storage.remote, error, [each.output for each in storage.wanted])
            finally:
                self._progress.end()

    def _ask(self, storage: _Storage) -> None:
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
        there = present(storage.database, hashes, self._progress) if hashes else set()
        there.update(md5 for md5, files in listings.items() if files is not None)
        for each in wanted:
            own = (each.pointer.md5,) if each.pointer.directory else ()
            missing = tuple(md5 for md5 in (*own, *(each.files or ())) if md5 not in there)
            files = None if each.files is None else len(each.files)
            self._holdings.append(
                Holding(path=each.output.path, remote=storage.remote, files=files, missing=missing)
            )

    def _versions(self, relative: str, name: str, outputs: Sequence[Output]) -> None:
        """A storage that keeps versions itself has what dvc.lock or the .dvc file has version ids for."""
        from mlgit.adapters.dvc.engine.contents import opened_contents, recorded_versions

        self._notes[
            f"The DVC remote `{name}` keeps versions itself: told by the version ids that are recorded here"
        ] = None
        with opened_contents(self._root, relative) as contents:
            declared = contents.declared()
        for output in outputs:
            pointer = output.pointer
            if pointer is None:
                continue
            versions = recorded_versions(declared.get(output.path), pointer)
            if versions is None:
                # There is no listing in such a remote: what the one here names is missing there.
                files = self._cached_listing(relative, pointer) if pointer.directory else (pointer.md5,)
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
        called = f"The DVC remote `{name}`" if name else "The default DVC remote"
        reason = without_credentials(error.details[0] if error.details else error.message).rstrip(".")
        hint = error.hint if not error.details else None
        failure = MlgitError(
            f"{called} could not be asked: {reason}",
            hint=hint or "check the network and the credentials; `dvc remote list` says where it is",
        )
        failure.code = error.code
        self._failures.append(failure)
        self._untold(name, outputs)

    def _untold(self, name: str | None, outputs: Sequence[Output]) -> None:
        self._holdings += [Holding(path=output.path, remote=name, answered=False) for output in outputs]


def without_credentials(text: str) -> str:
    """What a library said, with nothing in its URLs but where they lead."""
    return _CREDENTIALS.sub(r"\1\2", text)


def set_timeouts(config: Any) -> None:  # noqa: ANN401 (dvc has no types)
    """Have web servers that keep silent fail sooner, where their remotes do not say when."""
    for remote in config["remote"].values():
        if str(remote.get("url")).startswith(_WEB):
            for key, seconds in _PATIENCE_S.items():
                remote.setdefault(key, seconds)


def _place(remote: Any) -> tuple[object, ...]:  # noqa: ANN401 (dvc has no types)
    """The storage, and as whom it is entered."""
    access = {key: value for key, value in remote.config.items() if key not in _MANNERS}
    return (remote.fs.protocol, remote.path, repr(sorted(access.items(), key=str)))
