"""Committed: the MD5 of a commit's files as they are on disk after `dvc pull`."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from mlgit.adapters.dvc.data.hashes import (
    FILTERED,
    LFS,
    LFS_POINTER,
    MIXED,
    OUTSIDE,
    SUBMODULE,
    UNKNOWN,
    bytes_md5,
    listing_md5,
)
from mlgit.adapters.dvc.data.ignore import IGNORE_FILE, Ignores, visible
from mlgit.adapters.dvc.files.paths import repositories

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
    from mlgit.core.pipeline.stages import Output
    from mlgit.core.tree import Tree

_LEAVING = ("/", "../")
# Linux follows at most 40 links.
_MOST_LINKS = 40
_SUBMODULES = ".gitmodules"
_SUBMODULE = re.compile(r"(?m)^\s*path\s*=\s*(.*?)\s*$")


class Elsewhere(Protocol):
    """Hashes of paths that belong to a commit and are not in it."""

    def outside(self, path: str, *, legacy: bool) -> str:
        """The MD5 of a path outside the repository, or `OUTSIDE`."""

    def submodule(self, place: str, below: str, *, legacy: bool) -> Mapping[str, str] | None:
        """Path -> MD5 of the file or folder `below` in the submodule at `place`; None if it is not here."""

    def large(self, pointer: bytes, *, legacy: bool) -> str | None:
        """The MD5 of the content that a pointer of Git LFS means; None if it is not on this machine."""


class OnDisk(Protocol):
    """The files of a commit as git writes them to disk (implemented in adapters/git/attributes)."""

    def read_many(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of the files that exist."""

    def filtered(self, paths: Iterable[str]) -> Collection[str]:
        """Those of the files that a filter changes."""


class CommitHashes:
    """Hashes of a commit's files, and of folders with the data that DVC tracks in them.

    `listing` returns the files of a tracked directory by relative path, `link` the target of a link; both
    return None if it is not known here.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        made: OutputsByPath,
        listing: Callable[[Output], Mapping[str, str] | None],
        link: Callable[[str], str | None],
        elsewhere: Elsewhere,
        on_disk: OnDisk,
    ) -> None:
        self._tree = tree
        self._made = made
        self._listing = listing
        self._link = link
        self._elsewhere = elsewhere
        self._on_disk = on_disk
        self._paths = frozenset(tree.paths())
        self._sorted = sorted(self._paths)
        self._contents: dict[str, bytes] = {}

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read these files, and the files in these folders, in one round trip."""
        wanted = {name for path in paths for name in ([path] if path in self._paths else self._inside(path))}
        self._contents.update(self._on_disk.read_many(sorted(wanted - self._contents.keys())))

    def exists(self, path: str) -> bool:
        return path in self._paths or bool(self._inside(path))

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or folder; None if the commit does not have it.

        Outputs that DVC keeps are not in a commit: the caller has their recorded hashes, unless Git has files
        in one of them, too.
        """
        place = self._resolved(path)
        if place is None:
            return UNKNOWN
        if f"{place}/".startswith(_LEAVING):
            return self._elsewhere.outside(place, legacy=legacy)
        module = next((one for one in self._submodules if f"{place}/".startswith(f"{one}/")), None)
        if module is not None:
            return self._in_submodule(module, place[len(module) + 1 :], legacy=legacy)
        return self._in_commit(place, path, legacy=legacy)

    def files(self, folder: str, *, legacy: bool) -> None:
        """Nothing: the hash of a folder has the data that DVC tracks in it already."""

    def resolved(self, path: str) -> str:
        return self._resolved(path) or path

    def covers(self, folder: str, path: str) -> bool:
        """Whether the hash of a folder is of this file in it, too."""
        place = self._resolved(folder) or folder
        names = [name[len(place) + 1 :] for name in self._inside(place)]
        below = path[len(folder) + 1 :]
        return below in names and visible(folder, names, self._ignores)(below)

    def doubt(self, path: str) -> str | None:
        """`LFS` or `FILTERED` if a file at or below this path may be another one on disk; else None."""
        place = self._resolved(path) or path
        names = [place] if place in self._paths else self._inside(place)
        if any(self._is_missing_from_lfs(self._contents.get(name, b"")) for name in names):
            return LFS
        return FILTERED if self._on_disk.filtered(names) else None

    def _is_missing_from_lfs(self, content: bytes) -> bool:
        return content.startswith(LFS_POINTER) and self._elsewhere.large(content, legacy=False) is None

    def _in_commit(self, place: str, path: str, *, legacy: bool) -> str | None:
        """The MD5 at a place in the commit, to which the links in `path` lead."""
        if place in self._paths:
            return self._file(place, legacy=legacy)
        out = self._made.at(place)
        if out is not None and out.cached:
            if self._seen(place, named=path):
                return self._folder(place, named=path, legacy=legacy)
            if place == path:
                return None
            return UNKNOWN if out.pointer is None or out.pointer.legacy != legacy else out.pointer.md5
        return self._folder(place, named=path, legacy=legacy)

    def _file(self, path: str, *, legacy: bool) -> str:
        self.prefetch([path])
        content = self._contents.get(path)
        if content is None:
            return UNKNOWN
        large = self._elsewhere.large(content, legacy=legacy) if content.startswith(LFS_POINTER) else None
        return large or bytes_md5(content, legacy=legacy)

    def _folder(self, path: str, *, named: str, legacy: bool) -> str | None:
        """The MD5 of a folder; `.dvcignore` patterns are matched with the name before links are followed."""
        inside = self._inside(path)
        outs = (self._made.at(path), *self._made.inside(path))
        tracked = [out for out in outs if out is not None and out.cached and out.pointer is not None]
        modules = [one for one in self._submodules if one.startswith(f"{path}/")]
        if not inside and not tracked and not modules:
            return None
        self.prefetch(inside)
        found: dict[str, str] = {}
        for name in self._seen(path, named=named):
            found[name[len(path) + 1 :]] = self.md5(name, legacy=legacy) or UNKNOWN
        for out in tracked:
            found |= self._of_output(out, out.path[len(path) + 1 :], legacy=legacy)
        for module in modules:
            files = self._elsewhere.submodule(module, "", legacy=legacy)
            start = module[len(path) + 1 :]
            found |= (
                {start: SUBMODULE} if files is None else {f"{start}/{each}": files[each] for each in files}
            )
        odd = next((md5 for md5 in found.values() if md5 in {UNKNOWN, SUBMODULE, OUTSIDE, MIXED}), None)
        return listing_md5(found.items()) if odd is None else odd

    def _seen(self, folder: str, *, named: str) -> list[str]:
        """The files of Git in a folder that DVC sees there by the folder's name."""
        inside = self._inside(folder)
        if not inside:
            return []
        sees = visible(named, (name[len(folder) + 1 :] for name in inside), self._ignores)
        return [
            name for name in inside if sees(name[len(folder) + 1 :]) and not self._is_link_to_folder(name)
        ]

    def _in_submodule(self, module: str, below: str, *, legacy: bool) -> str | None:
        files = self._elsewhere.submodule(module, below, legacy=legacy)
        if files is None:
            return SUBMODULE
        if below in files:
            return files[below]
        start = f"{below}/" if below else ""
        return listing_md5((name[len(start) :], md5) for name, md5 in files.items()) if files else None

    def _of_output(self, out: Output, name: str, *, legacy: bool) -> Mapping[str, str]:
        """The hashes of an output's files; `name` is the output's path from the folder that is hashed."""
        if out.pointer is None or out.pointer.legacy != legacy:
            return {name: UNKNOWN}
        if not out.pointer.directory:
            return {name: out.pointer.md5}
        files = self._listing(out)
        if files is None:
            return {name: MIXED if self._inside(out.path) else UNKNOWN}
        return {f"{name}/{each}" if name else each: md5 for each, md5 in files.items()}

    def _is_link_to_folder(self, path: str) -> bool:
        """DVC ignores such links."""
        place = self._resolved(path) if self._is_link(path) else None
        return place is not None and place not in self._paths and bool(self._inside(place))

    def _resolved(self, path: str) -> str | None:
        """The path after following all links, which may leave the repository; None if they never end."""
        if path.startswith(_LEAVING):
            return path
        for _ in range(_MOST_LINKS):
            link = self._first_link(path)
            if link is None:
                return path
            text = self._link(link)
            if text is None:
                return None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), text, path[len(link) + 1 :]))
            if f"{path}/".startswith(_LEAVING):
                return path
        return None

    def _first_link(self, path: str) -> str | None:
        end = path.find("/")
        while end >= 0:
            if self._is_link(path[:end]):
                return path[:end]
            end = path.find("/", end + 1)
        return path if self._is_link(path) else None

    def _is_link(self, path: str) -> bool:
        return path in self._paths and self._tree.identity(path) is None

    @cached_property
    def _submodules(self) -> list[str]:
        """The paths of submodules, whose files are not in the commit."""
        content = self._tree.read(_SUBMODULES) if _SUBMODULES in self._paths else None
        text = (content or b"").decode("utf-8", "surrogateescape")
        return [path.strip('"') for path in _SUBMODULE.findall(text)]

    @cached_property
    def _ignores(self) -> Ignores:
        names = [name for name in self._sorted if name.rpartition("/")[2] == IGNORE_FILE]
        texts = self._tree.read_many(names) if names else {}
        return Ignores("", read=texts.get, begins=repositories(self._sorted).__contains__)

    def _inside(self, folder: str) -> list[str]:
        # `0` follows `/` in ASCII, so this is the end of the range.
        start = bisect_left(self._sorted, f"{folder}/")
        return self._sorted[start : bisect_left(self._sorted, f"{folder}0", start)]
