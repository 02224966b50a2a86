"""Target `local`: a folder with releases, a link `current` to one of them, and a journal.

::

    PLACE/current -> releases/v1.2.0      the only thing that is ever replaced, by one rename
    PLACE/releases/v1.2.0/                files and manifest.json; written once, never changed
    PLACE/deployments/prod.jsonl          what happened, prod.lock beside it
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from mlgit.adapters.target.journal import JournalFile, sync_folder
from mlgit.core.deploy.manifest import MANIFEST, read_manifest, write_manifest
from mlgit.core.deploy.plan import ReleaseFolder, TargetState
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from mlgit.core.deploy.manifest import Manifest

CURRENT = "current"
RELEASES = "releases"
DEPLOYMENTS = "deployments"
_NEXT = ".current.next"
_LARGEST_MANIFEST = 64 << 20


class LocalFolder:
    """One model's folder on this machine.

    Args:
        root: absolute; need not exist. Links on the way to it are followed, below it none but `current`.
        environment: whose journal it has.
    """

    def __init__(self, root: str, environment: str) -> None:
        self.root = root
        self.environment = environment
        self._current = os.path.join(root, CURRENT)
        self.releases = os.path.join(root, RELEASES)
        self.journal = JournalFile(os.path.join(root, DEPLOYMENTS, f"{environment}.jsonl"))
        self.lock = os.path.join(root, DEPLOYMENTS, f"{environment}.lock")

    def check(self) -> None:
        """Refuse a folder that is not as we make it, or that serves another environment.

        Raises:
            ToolError: with what stands in the way; nothing was changed.
        """
        for path in (self.root, self.releases, *_down(self.root, os.path.dirname(self.journal.path))):
            if path != self.root and os.path.islink(path):
                raise _strange(path, "is a link")
            if os.path.lexists(path) and not os.path.isdir(path):
                raise _strange(path, "is no folder")
        for path in (self.journal.path, self.lock):
            if os.path.lexists(path) and not _is_file(path):
                raise _strange(path, "is no plain file")
        for other in self._other_journals():
            raise ToolError(
                f"`{self.root}` belongs to the environment `{other}`",
                hint="write `{environment}` into `path` under `deploy:`, or give each a folder of its own",
            )

    def prepare(self) -> None:
        """Make the folders that are not there yet."""
        for path in (self.releases, os.path.dirname(self.journal.path)):
            os.makedirs(path, exist_ok=True)
        sync_folder(self.root)
        with suppress(OSError):  # not ours to read, perhaps
            sync_folder(os.path.dirname(self.root))

    def current(self) -> str | None:
        """The name of the release that is served, None when there is none yet.

        Raises:
            ToolError: `current` is nothing that we made.
        """
        if not os.path.lexists(self._current):
            return None
        if not os.path.islink(self._current):
            raise _strange(self._current, "is no link")
        leads = os.readlink(self._current)
        folder, _, name = leads.rpartition("/")
        if folder != RELEASES or not name or name.startswith("."):
            raise _strange(self._current, f"leads to `{leads}`")
        return name

    def state(self) -> TargetState:
        """What stands here; no digest is taken."""
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
        """Where a release is."""
        return os.path.join(self.releases, name)

    def manifest(self, name: str) -> Manifest | None:
        """What a release says about itself."""
        path = os.path.join(self.release_path(name), MANIFEST)
        if not _is_file(path) or os.path.getsize(path) > _LARGEST_MANIFEST:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            return read_manifest(file.read())

    def stage(self, name: str) -> str:
        """A folder to gather files in; what a killed deployment left in it stays."""
        path = self.release_path(name)
        if os.path.lexists(path) and not _is_folder(path):
            raise _strange(path, "is no folder")
        os.makedirs(path, exist_ok=True)
        return path

    def unstage(self, name: str) -> None:
        """Clear a folder of gathered files away; it is ours by its name."""
        import shutil

        if _is_folder(self.release_path(name)):
            shutil.rmtree(self.release_path(name))

    def publish(self, staged: str, name: str, manifest: Manifest) -> None:
        """Give gathered files their manifest and their name, once the disk has them."""
        folder = self.release_path(staged)
        with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as file:
            file.write(write_manifest(manifest))
        sync_tree(folder)
        os.rename(folder, self.release_path(name))
        sync_folder(self.releases)

    def switch(self, name: str) -> None:
        """Have `current` lead to a release, in one step: who reads it sees the old one or the new one."""
        following = os.path.join(self.root, _NEXT)
        if os.path.islink(following):
            os.unlink(following)
        os.symlink(f"{RELEASES}/{name}", following)
        try:
            os.rename(following, self._current)
        except OSError:
            with suppress(OSError):
                os.unlink(following)
            raise
        sync_folder(self.root)

    def remove(self, name: str, manifest: Manifest | None) -> bool:
        """Clear a release away, file by file as its manifest names them; False when others are left in it."""
        top = self.release_path(name)
        folders = {top}
        for file in () if manifest is None else manifest.files:
            path = whole_file(top, file.path)
            if path is not None:
                os.unlink(path)
                folders.update(_down(top, os.path.dirname(path)))
        for folder in sorted(folders - {top}, key=len, reverse=True):
            with suppress(OSError):  # somebody's files are in it
                os.rmdir(folder)
        if set(os.listdir(top)) - {MANIFEST}:
            return False
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(top, MANIFEST))
        os.rmdir(top)
        return True

    def _other_journals(self) -> list[str]:
        top = os.path.join(self.root, DEPLOYMENTS)
        found = []
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith(".jsonl") and path != self.journal.path:
                    found.append(os.path.relpath(path, top).removesuffix(".jsonl"))
        return sorted(found)


def sync_tree(top: str) -> None:
    """Wait until the disk has every file and folder below."""
    for folder, _, names in os.walk(top, topdown=False):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(folder)


def whole_file(release: str, path: str) -> str | None:
    """Where a file of a release is, when it is a plain file and no link leads there; else None."""
    place = release
    *folders, name = path.split("/")
    for folder in folders:
        place = os.path.join(place, folder)
        if not _is_folder(place):
            return None
    place = os.path.join(place, name)
    return place if _is_file(place) else None


def _is_file(path: str) -> bool:
    """Whether it is a plain file itself, not a link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _is_folder(path: str) -> bool:
    """Whether it is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _parts(path: str, top: str) -> list[str]:
    relative = os.path.relpath(path, top)
    return [] if relative == "." else relative.split(os.sep)


def _down(top: str, path: str) -> list[str]:
    """The folders below `top` on the way to `path`, which is the last."""
    found = []
    place = top
    for part in _parts(path, top):
        place = os.path.join(place, part)
        found.append(place)
    return found


def _strange(path: str, what: str) -> ToolError:
    return ToolError(
        f"`{path}` {what}, and mlgit did not make it so",
        hint="look at it and move it away, or deploy to another folder",
    )
