"""Workspace: hashes of files on disk; only files that changed since an earlier run are hashed."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Protocol

from mlgit.adapters.dvc.data.fingerprints import LARGE, Facts, Index, checksum, facts_of, now_ns, settled
from mlgit.adapters.dvc.data.hashes import LEFT_OUT, LFS, LFS_POINTER, UNREADABLE, bytes_md5
from mlgit.adapters.dvc.data.ignore import Ignores, visible
from mlgit.core.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlgit.adapters.dvc.data.listing import Entry, Listing, Searches

_NO_FILE = "it is not a file or a link to one"


class _LeftOut(Protocol):
    """Files that a sparse checkout keeps off the disk."""

    def read(self, path: str) -> bytes | None:
        """The content of such a file; None for any other path."""

    def holds(self, path: str) -> bool:
        """Whether there is such a file at or below a path."""


class WorkspaceHashes:
    """Hashes of files and directories on disk; `searches` lists large directories in the background."""

    def __init__(
        self,
        root: str,
        index: Index,
        *,
        searches: Searches | None = None,
        left_out: _LeftOut | None = None,
        progress: Callable[[], Progress] = Silent,
    ) -> None:
        self._root = root
        self.index = index
        """The fingerprints of earlier runs and of this one."""
        self._searches = searches
        self._left_out = left_out
        self._progress = progress
        self._ignores = Ignores(root)
        self._answers: dict[tuple[str, bool], str | None] = {}
        self.unreadable: dict[str, str] = {}
        """Path -> the reason why it could not be hashed."""

    def exists(self, path: str) -> bool:
        return os.path.exists(self._place(path)) or self._is_left_out(path)

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or directory; None if it does not exist, `UNREADABLE` if it cannot be read.

        `LEFT_OUT` for a directory of which a sparse checkout has left something out.
        """
        asked = (path, legacy)
        if asked not in self._answers:
            self.prefetch([asked])
        return self._answers[asked]

    def files(self, folder: str, *, legacy: bool) -> Mapping[str, str] | None:
        """Relative path -> MD5 of the files of a folder that DVC sees there; None if one cannot be read."""
        full = self._place(folder)
        seen = self._visible(folder, self._list(folder, full).entries()) if os.path.isdir(full) else []
        found = self._hash_entries(folder, full, seen, lambda _: None, legacy=legacy)
        return None if found is None else {entry.name: md5 for entry, md5 in found}

    def resolved(self, path: str) -> str:
        """The path after following links, as long as that is in the repository."""
        root, place = os.path.realpath(self._root), os.path.realpath(self._place(path))
        return place[len(root) + 1 :] if place.startswith(f"{root}/") else path

    def covers(self, folder: str, path: str) -> bool:
        """Whether the hash of a folder is of this file in it, too."""
        if self._is_left_out(folder):
            return True  # nothing is known of its hash
        entries = self._list(folder, self._place(folder)).entries()
        return any(f"{folder}/{entry.name}" == path for entry in self._visible(folder, entries))

    def doubt(self, path: str) -> str | None:
        """`LFS` if a file at or below this path is a pointer, because Git LFS has not fetched it."""
        full = self._place(path)
        try:
            names = self._list(path, full).entries() if os.path.isdir(full) else None
            files = [full] if names is None else [os.path.join(full, entry.name) for entry in names]
            return LFS if any(map(_is_pointer, files)) else None
        except OSError:
            return None

    def prefetch(self, wanted: Iterable[tuple[str, bool]]) -> None:
        """Hash these (path, legacy) pairs in one batch, with progress."""
        looked = now_ns()
        changed: list[tuple[str, bool, Facts]] = []
        for path, legacy in wanted:
            asked = (path, legacy)
            if asked in self._answers:
                continue
            self._answers[asked] = None
            full = self._place(path)
            try:
                stat = os.stat(full)
                if S_ISDIR(stat.st_mode):
                    partly = self._is_left_out(path)
                    self._answers[asked] = LEFT_OUT if partly else self._directory(path, full, legacy=legacy)
                    continue
            except OSError as error:
                self._answers[asked] = self._failed(path, error) or self._outside(path, legacy=legacy)
                continue
            if not S_ISREG(stat.st_mode):  # opening a pipe would block forever
                self._answers[asked] = self._unreadable(path, _NO_FILE)
                continue
            facts = facts_of(stat)
            known = self.index.file(path, facts, legacy=legacy)
            if known is None:
                changed.append((path, legacy, facts))
            else:
                self._answers[asked] = known
        if changed:
            self._hash(changed, looked)

    def extent(self, path: str) -> tuple[int | None, int | None]:
        """Size in bytes and number of files on disk; None if there is nothing."""
        full = self._place(path)
        try:
            if os.path.isdir(full):
                entries = self._visible(path, self._list(path, full).entries())
                return sum(max(0, entry.facts[0]) for entry in entries), len(entries)
            return os.stat(full).st_size, 1
        except OSError:
            return None, None

    def _is_left_out(self, path: str) -> bool:
        return self._left_out is not None and self._left_out.holds(path)

    def _outside(self, path: str, *, legacy: bool) -> str | None:
        """The MD5 of what a sparse checkout left out; None if that is not why it is missing."""
        if self._left_out is None or not self._left_out.holds(path):
            return None
        try:
            content = self._left_out.read(path)
        except OSError:
            return LEFT_OUT
        return LEFT_OUT if content is None else bytes_md5(content, legacy=legacy)

    def _place(self, path: str) -> str:
        # Few outputs are outside the root; `os.path.join` takes longer to check that.
        return path if path.startswith("/") else f"{self._root}/{path}"

    def save(self) -> None:
        self.index.save()

    def _hash(self, changed: list[tuple[str, bool, Facts]], looked_ns: int) -> None:
        from mlgit.adapters.dvc.data.bulk import Job, hash_files

        jobs = [Job(self._place(path), facts[0], legacy=legacy) for path, legacy, facts in changed]
        for (path, legacy, facts), md5 in zip(
            changed, hash_files(jobs, progress=self._progress), strict=True
        ):
            if isinstance(md5, OSError):
                self._answers[path, legacy] = self._failed(path, md5)
            else:
                self._answers[path, legacy] = md5
                self.index.learn_file(path, facts, md5, legacy=legacy, looked_ns=looked_ns)

    def _failed(self, path: str, error: OSError) -> str | None:
        """Note a failure, unless the file does not exist."""
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return None
        return self._unreadable(path, error.strerror or str(error))

    def _unreadable(self, path: str, why: str) -> str:
        self.unreadable[path] = why
        return UNREADABLE

    def _list(self, path: str, full: str) -> Listing:
        from mlgit.adapters.dvc.data.listing import Searches, list_folder

        ahead = None if self._searches is None else self._searches.take(path)
        if ahead is not None:
            return ahead
        listing = list_folder(full)
        if listing.content.count(b"\0") >= LARGE:
            # The next run lists it with `find`, whose order differs from Python's.
            return Searches(self._root, [path]).take(path) or listing
        return listing

    def _directory(self, path: str, full: str, *, legacy: bool) -> str | None:
        listing = self._list(path, full)
        digest = f"{checksum(listing.digested())} {checksum(os.fsencode(self._ignores.above(path)))}"
        known = self.index.directory(path, digest, legacy=legacy)
        if known is not None:
            return known
        from mlgit.adapters.dvc.data.directory_hashes import DirectoryHashes, worth_caching
        from mlgit.adapters.dvc.data.hashes import listing_md5
        from mlgit.adapters.dvc.data.listing import NO_CONTENT

        entries = listing.entries()
        looked = listing.looked_ns
        fresh = not all(settled(entry.facts[1], entry.facts[2], looked) for entry in entries)
        seen = self._visible(path, entries)
        odd = min((entry.name for entry in seen if entry.facts == NO_CONTENT), default=None)
        if odd is not None:
            return self._unreadable(f"{path}/{odd}", _NO_FILE)
        memory = DirectoryHashes(self.index.folder, path, legacy=legacy)
        found = self._hash_entries(path, full, seen, memory.read(), legacy=legacy)
        if found is None:
            return UNREADABLE
        md5 = listing_md5((entry.name, md5) for entry, md5 in found)
        if worth_caching(seen):
            memory.write(found, looked_ns=looked)
        self.index.learn_directory(
            path, digest, md5, legacy=legacy, entries=len(entries), fresh=fresh or len(found) < len(seen)
        )
        return md5

    def _hash_entries(
        self,
        path: str,
        full: str,
        entries: list[Entry],
        known: Callable[[Entry], str | None],
        *,
        legacy: bool,
    ) -> list[tuple[Entry, str]] | None:
        """The files with their MD5, without those that were deleted since; None if one cannot be read."""
        from mlgit.adapters.dvc.data.bulk import Job, hash_files

        answers: list[str | OSError | None] = [known(entry) for entry in entries]
        missing = [number for number, answer in enumerate(answers) if answer is None]
        jobs = [
            Job(os.path.join(full, entries[number].name), entries[number].facts[0], legacy=legacy)
            for number in missing
        ]
        for number, md5 in zip(missing, hash_files(jobs, progress=self._progress), strict=True):
            answers[number] = md5
        found = []
        for entry, answer in zip(entries, answers, strict=True):
            if isinstance(answer, str):
                found.append((entry, answer))
            elif isinstance(answer, OSError) and self._failed(f"{path}/{entry.name}", answer):
                return None
        return found

    def _visible(self, path: str, entries: list[Entry]) -> list[Entry]:
        sees = visible(path, (entry.name for entry in entries), self._ignores)
        return [entry for entry in entries if sees(entry.name)]


def _is_pointer(file: str) -> bool:
    if not os.path.isfile(file):  # opening a pipe would block forever
        return False
    with open(file, "rb") as opened:
        return opened.read(len(LFS_POINTER)) == LFS_POINTER
