"""Target `local`: a folder with releases, a link `current` to one of them, and a journal.

::

    ROOT/current -> releases/v1.2.0      the only thing that is ever replaced, by one rename
    ROOT/releases/v1.2.0/                files and manifest.json; written once, never changed
    ROOT/deployments/prod.jsonl          the journal, with prod.lock next to it
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.target.journal import JournalFile, sync
from mlgit.core.deploy.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from mlgit.core.deploy.plan import ReleaseFolder, TargetState
from mlgit.core.wording import word
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence

CURRENT = "current"
RELEASES = "releases"
DEPLOYMENTS = "deployments"
_NEXT = ".current.next"
_LARGEST_MANIFEST = 64 << 20


class LocalFolder:
    """The folder (absolute; need not exist) of one model and environment on this machine.

    Links on the way to it are followed; below it, only `current`. `former` are the environment's names
    before, one of which the journal may still have.
    """

    def __init__(self, root: str, environment: str, *, former: Sequence[str] = ()) -> None:
        self.root = root
        self.environment = environment
        self._current = os.path.join(root, CURRENT)
        self.releases = os.path.join(root, RELEASES)
        self._own_journal = self._journal_path(environment)
        paths = (self._own_journal, *map(self._journal_path, former))
        path = next((each for each in paths if os.path.lexists(each)), self._own_journal)
        self.journal = JournalFile(path)
        self.lock = os.path.join(root, DEPLOYMENTS, f"{environment}.lock")

    def check(self) -> None:
        """Refuse a folder that mlgit did not make like this, or that serves another environment.

        Raises:
            ToolError: with the path in the way; nothing was changed.
        """
        for path in (self.root, self.releases, *_down(self.root, os.path.dirname(self.journal.path))):
            if path != self.root and os.path.islink(path):
                raise _foreign(path, "is a link")
            if os.path.lexists(path) and not os.path.isdir(path):
                raise _foreign(path, "is not a folder")
        for path in (self.journal.path, self.lock):
            if os.path.lexists(path) and not _is_file(path):
                raise _foreign(path, "is not a plain file")
        for other in self._other_journals():
            raise ToolError(
                f"`{self.root}` belongs to the environment `{other}`",
                hint="write `{environment}` into `path` under `deploy:`, or give each a folder of its own",
            )

    def prepare(self) -> None:
        """Make missing folders."""
        os.makedirs(self.releases, exist_ok=True)
        os.makedirs(os.path.dirname(self.journal.path), exist_ok=True)
        if self.journal.path != self._own_journal:
            os.rename(self.journal.path, self._own_journal)
            self.journal = JournalFile(self._own_journal)
            sync(os.path.dirname(self._own_journal))
        sync(self.root)
        with suppress(OSError):  # it may not be readable
            sync(os.path.dirname(self.root))

    def current(self) -> str | None:
        """The name of the served release; None if there is none yet.

        Raises:
            ToolError: `current` is not a link that mlgit made.
        """
        with suppress(FileNotFoundError):
            os.lstat(self._current)
        if not os.path.lexists(self._current):
            return None
        if not os.path.islink(self._current):
            raise _foreign(self._current, "is not a link")
        target = os.readlink(self._current)
        folder, _, name = target.rpartition("/")
        if folder != RELEASES or not name or name.startswith("."):
            raise _foreign(self._current, f"leads to `{target}`")
        return name

    def state(self) -> TargetState:
        """The current release, all releases and the journal; nothing is hashed."""
        journal = self.journal.read()
        try:
            taken = frozenset(os.listdir(self.releases))
        except FileNotFoundError:
            taken = frozenset()
        ours = sorted(name for name in taken & journal.releases if _is_folder(self.release_path(name)))
        return TargetState(
            current=self.current(),
            releases=tuple(ReleaseFolder(name=name, manifest=self.manifest(name)) for name in ours),
            taken=taken,
            journal=journal,
        )

    def release_path(self, name: str) -> str:
        return os.path.join(self.releases, name)

    def manifest(self, name: str) -> Manifest | None:
        path = os.path.join(self.release_path(name), MANIFEST)
        if not _is_file(path) or os.path.getsize(path) > _LARGEST_MANIFEST:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            return read_manifest(file.read())

    def stage(self, name: str) -> str:
        """Make a folder to gather files in; files that a killed deployment left there stay."""
        path = self.release_path(name)
        if os.path.lexists(path) and not _is_folder(path):
            raise _foreign(path, "is not a folder")
        os.makedirs(path, exist_ok=True)
        return path

    def unstage(self, name: str) -> None:
        """Remove a folder of gathered files; its name says that mlgit made it."""
        if _is_folder(self.release_path(name)):
            shutil.rmtree(self.release_path(name))

    def publish(self, staged: str, name: str, manifest: Manifest) -> None:
        """Write the manifest of gathered files, wait for the disk, then give their folder its name."""
        folder = self.release_path(staged)
        with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as file:
            file.write(write_manifest(manifest))
        sync_tree(folder)
        os.rename(folder, self.release_path(name))
        sync(self.releases)

    def switch(self, name: str) -> None:
        """Point `current` to a release in one step: a reader sees the old release or the new one."""
        link = os.path.join(self.root, _NEXT)
        if os.path.islink(link):
            os.unlink(link)
        os.symlink(f"{RELEASES}/{name}", link)
        try:
            os.rename(link, self._current)
        except OSError:
            with suppress(OSError):
                os.unlink(link)
            raise
        sync(self.root)

    def remove(self, name: str, manifest: Manifest | None) -> bool:
        """Remove the files that a release's manifest names; False if other files are left."""
        top = self.release_path(name)
        folders = {top}
        for file in () if manifest is None else manifest.files:
            path = whole_file(top, file.path)
            if path is not None:
                os.unlink(path)
                folders.update(_down(top, os.path.dirname(path)))
        for folder in sorted(folders - {top}, key=len, reverse=True):
            with suppress(OSError):  # other files are in it
                os.rmdir(folder)
        if set(os.listdir(top)) - {MANIFEST}:
            return False
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(top, MANIFEST))
        os.rmdir(top)
        return True

    def _journal_path(self, environment: str) -> str:
        return os.path.join(self.root, DEPLOYMENTS, f"{environment}.jsonl")

    def _other_journals(self) -> list[str]:
        top = os.path.join(self.root, DEPLOYMENTS)
        paths = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
        others = (path for path in paths if path.endswith(".jsonl") and path != self.journal.path)
        return sorted(os.path.relpath(path, top).removesuffix(".jsonl") for path in others)


def sync_tree(top: str) -> None:
    """Wait until every file and folder below is on the disk."""
    for folder, _, names in os.walk(top, topdown=False):
        for name in names:
            sync(os.path.join(folder, name), os.O_NOFOLLOW)
        sync(folder)


def whole_file(release: str, path: str) -> str | None:
    """The path of a file of a release; None if it is not a plain file, or a link leads there."""
    file = os.path.join(release, path)
    folders = _down(release, os.path.dirname(file))
    return file if all(map(_is_folder, folders)) and _is_file(file) else None


def _is_file(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _down(top: str, path: str) -> list[str]:
    """The folders below `top` on the way to `path`, which is the last; none if `path` is `top`."""
    found: list[str] = []
    while path != top:
        found.insert(0, path)
        path = os.path.dirname(path)
    return found


def _foreign(path: str, problem: str) -> ToolError:
    away = f"{path}.old"
    while os.path.lexists(away):
        away += "~"
    return ToolError(
        f"`{path}` {problem}; mlgit did not create it",
        hint=f"run `mv {word(path)} {word(away)}`, then deploy again, or deploy to another folder",
    )
