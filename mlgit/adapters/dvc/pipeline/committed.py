"""Committed: the MD5 of what a clone of a commit has on disk, once DVC has brought its data."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import ELSEWHERE, UNKNOWN, bytes_md5, listing_md5
from mlgit.adapters.dvc.data.ignore import IGNORE_FILE, Ignores, visible
from mlgit.adapters.dvc.files.paths import repositories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
    from mlgit.core.pipeline.stages import Output
    from mlgit.core.tree import Tree

_OUTSIDE = ("/", "../")
# As many as Linux follows.
_MOST_LINKS = 40
_SUBMODULES = ".gitmodules"
_SUBMODULE = re.compile(r"(?m)^\s*path\s*=\s*(.*?)\s*$")
# What Git LFS leaves in Git is none of the file.
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


class CommitHashes:
    """Hashes of a commit: of its files, and in folders also of what DVC tracks there.

    Args:
        tree: the commit.
        made: its outputs.
        listing: the files of a tracked directory by relative path, None when not known here.
        link: the text of a link of the commit, None when nobody can tell.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        made: OutputsByPath,
        listing: Callable[[Output], Mapping[str, str] | None],
        link: Callable[[str], str | None],
    ) -> None:
        self._tree = tree
        self._made = made
        self._listing = listing
        self._link = link
        self._paths = frozenset(tree.paths())
        self._sorted = sorted(self._paths)
        self._contents: dict[str, bytes] = {}
        self._submodules: tuple[str, ...] | None = None
        self._ignores: Ignores | None = None

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read these files, and those in these folders, in one round trip."""
        wanted = {name for path in paths for name in ([path] if path in self._paths else self._inside(path))}
        self._contents.update(self._tree.read_many(sorted(wanted - self._contents.keys())))

    def exists(self, path: str) -> bool:
        """Whether the commit holds it."""
        return path in self._paths or bool(self._inside(path))

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        """The MD5 of a file or folder; None where the commit has nothing.

        An output that DVC keeps is nothing; whoever asks knows what is on record for it.
        """
        if path.startswith(_OUTSIDE):
            return UNKNOWN
        place = self._led_to(path)
        if place is None:
            return UNKNOWN
        if place in self._paths:
            return self._file(place, legacy=legacy)
        out = self._made.at(place)
        if out is not None and out.cached:
            return None if place == path else self._recorded(out, legacy=legacy)
        return self._folder(place, called=path, legacy=legacy)

    def _file(self, path: str, *, legacy: bool) -> str:
        self.prefetch([path])
        content = self._contents.get(path)
        if content is None:
            return UNKNOWN
        return ELSEWHERE if content.startswith(_LFS) else bytes_md5(content, legacy=legacy)

    @staticmethod
    def _recorded(out: Output, *, legacy: bool) -> str:
        """The hash that DVC has on record for an output."""
        return UNKNOWN if out.pointer is None or out.pointer.legacy != legacy else out.pointer.md5

    def _folder(self, path: str, *, called: str, legacy: bool) -> str | None:
        """The MD5 of a folder; patterns of `.dvcignore` are held against what it is called."""
        inside = self._inside(path)
        tracked = [out for out in self._made.inside(path) if out.cached and out.pointer is not None]
        if any(f"{one}/".startswith(f"{path}/") or path.startswith(f"{one}/") for one in self._beyond()):
            return ELSEWHERE
        if not inside and not tracked:
            return None
        self.prefetch(inside)
        sees = visible(called, (name[len(path) + 1 :] for name in inside), self._ignored())
        found: dict[str, str] = {}
        for name in inside:
            below = name[len(path) + 1 :]
            if sees(below) and not self._is_folder(name):
                found[below] = self.md5(name, legacy=legacy) or UNKNOWN
        for out in tracked:
            found |= self._of_output(out, out.path[len(path) + 1 :], legacy=legacy)
        odd = next((md5 for md5 in found.values() if md5 in {UNKNOWN, ELSEWHERE}), None)
        return listing_md5(found.items()) if odd is None else odd

    def _of_output(self, out: Output, name: str, *, legacy: bool) -> Mapping[str, str]:
        """What an output puts into a folder, by path from there."""
        if out.pointer is None or out.pointer.legacy != legacy:
            return {name: UNKNOWN}
        if not out.pointer.directory:
            return {name: out.pointer.md5}
        files = self._listing(out)
        return {name: UNKNOWN} if files is None else {f"{name}/{each}": md5 for each, md5 in files.items()}

    def _is_folder(self, path: str) -> bool:
        """Whether it is a link to a folder, which counts for nothing, as in DVC."""
        place = self._led_to(path) if self._is_link(path) else None
        return place is not None and place not in self._paths and bool(self._inside(place))

    def _led_to(self, path: str) -> str | None:
        """Where a path ends after all links on its way; None when it leaves the commit."""
        for _ in range(_MOST_LINKS):
            link = self._first_link(path)
            if link is None:
                return path
            text = self._link(link)
            if text is None or text.startswith("/"):
                return None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), text, path[len(link) + 1 :]))
            if path.startswith("..") and path[2:3] in {"", "/"}:
                return None
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

    def _beyond(self) -> tuple[str, ...]:
        """Where submodules are: other repositories, of which the commit has nothing."""
        if self._submodules is None:
            content = self._tree.read(_SUBMODULES) if _SUBMODULES in self._paths else None
            text = (content or b"").decode("utf-8", "surrogateescape")
            self._submodules = tuple(path.strip('"') for path in _SUBMODULE.findall(text))
        return self._submodules

    def _ignored(self) -> Ignores:
        if self._ignores is None:
            names = [name for name in self._sorted if name.rpartition("/")[2] == IGNORE_FILE]
            texts = self._tree.read_many(names) if names else {}
            self._ignores = Ignores("", read=texts.get, begins=repositories(self._sorted).__contains__)
        return self._ignores

    def _inside(self, folder: str) -> list[str]:
        # "0" is what follows "/".
        start = bisect_left(self._sorted, f"{folder}/")
        return self._sorted[start : bisect_left(self._sorted, f"{folder}0", start)]
