"""Trees: list the files of many commits at once, parsing each distinct folder once."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.objects import CommitTree
from mlgit.core.record import NamedTuple
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlgit.adapters.git.objects import Objects
    from mlgit.core.tree import Tree

_FOLDER, _LINK, _SUBMODULE = b"40000", b"120000", b"160000"
_ENTRIES = {
    40: re.compile(rb"(\d+) ([^\0]+)\0(.{20})", re.DOTALL),
    64: re.compile(rb"(\d+) ([^\0]+)\0(.{32})", re.DOTALL),
}
_FOLDERS_AT_HAND = 512
_AT_ONCE = 512
# No file system has deeper folders, but a hand-made commit may.
_DEEPEST = 200
# Fewer commits are not worth a process for all of them.
_FEW = 2
_DIFFERENCES = (
    *("diff-tree", "--stdin", "--always", "-r", "-z", "--raw", "--no-abbrev", "--no-renames"),
    "--ignore-submodules=none",
)
_NOTHING = b"000000"

_Named = tuple[tuple[str, str], ...]
"""Pairs of name or path, and object id."""


class Entry(NamedTuple):
    """A file (`blob`), a folder (`tree`) or a symbolic link (`link`)."""

    kind: str
    oid: str


class Trees:
    """Reads trees by their ids, in one round trip per level of folders.

    `noticed` says whether a file of this name is of interest.
    """

    def __init__(self, objects: Objects, noticed: Callable[[str], bool]) -> None:
        self._objects = objects
        self._is_noticed = noticed
        self._below: dict[str, tuple[_Named, _Named]] = {}
        self._found: dict[str, _Named] = {}
        # Parsed folders are large, and git can deliver them again.
        self.entries = lru_cache(maxsize=_FOLDERS_AT_HAND)(self._read_entries)

    def load(self, roots: Iterable[str]) -> None:
        """Read these trees and all trees below them that were not read before.

        Raises:
            StateError: a tree is missing, because the clone is partial or damaged.
        """
        level = {oid for oid in roots if oid not in self._below}
        for _ in range(_DEEPEST):
            following: set[str] = set()
            for oid, content in self._contents(level):
                self._below[oid] = self._noted(content, width=len(oid))
                following.update(below for _, below in self._below[oid][0])
            level = following - self._below.keys()
            if not level:
                break

    def noticed(self, root: str) -> _Named:
        """(path, blob id) of every file of interest below a loaded tree."""
        known = self._found.get(root)
        if known is None:
            folders, files = self._below.get(root, ((), ()))
            found = list(files)
            for name, oid in folders:
                found += [(f"{name}/{path}", blob) for path, blob in self.noticed(oid)]
            known = self._found[root] = tuple(found)
        return known

    def find(self, root: str, path: str) -> Entry | None:
        """The entry at a path of a tree; if the path goes through a link, that link."""
        oid = root
        *folders, name = path.split("/")
        for folder in folders:
            entry = self.entries(oid).get(folder)
            if entry is None or entry.kind == "link":
                return entry
            if entry.kind != "tree":
                return None
            oid = entry.oid
        return self.entries(oid).get(name)

    def files(self, tree: str) -> Iterator[tuple[str, Entry]]:
        """Every file and link below a tree, by path."""
        waiting = [("", tree, 0)]
        while waiting:
            prefix, oid, depth = waiting.pop()
            for name, entry in self.entries(oid).items():
                if entry.kind != "tree":
                    yield f"{prefix}{name}", entry
                elif depth < _DEEPEST:
                    waiting.append((f"{prefix}{name}/", entry.oid, depth + 1))

    def _noted(self, content: bytes, *, width: int) -> tuple[_Named, _Named]:
        folders, files = [], []
        for mode, name, oid in _ENTRIES[width].findall(content):
            if mode == _FOLDER:
                folders.append((name.decode("utf-8", "surrogateescape"), oid.hex()))
            elif mode not in {_SUBMODULE, _LINK}:
                text = name.decode("utf-8", "surrogateescape")
                if self._is_noticed(text):
                    files.append((text, oid.hex()))
        return tuple(folders), tuple(files)

    def _read_entries(self, oid: str) -> Mapping[str, Entry]:
        ((_, content),) = self._contents([oid])
        kinds = {_FOLDER: "tree", _LINK: "link"}
        return {
            name.decode("utf-8", "surrogateescape"): Entry(kinds.get(mode, "blob"), below.hex())
            for mode, name, below in _ENTRIES[len(oid)].findall(content)
            if mode != _SUBMODULE
        }

    def _contents(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        wanted = list(oids)
        for start in range(0, len(wanted), _AT_ONCE):
            for oid, found in self._objects.get_many(wanted[start : start + _AT_ONCE]).items():
                if found is None or found.type != "tree":
                    raise StateError(
                        f"The folder {oid[:7]} of a commit is not in this clone",
                        hint="run `git fsck`, or `git fetch --refetch` in a partial clone",
                    )
                yield oid, found.content


def list_at_once(base: Tree, trees: Iterable[Tree]) -> None:
    """Have one process list the files of commits: by what differs from those of `base`.

    If it cannot, each is listed by itself, which says why.
    """
    commits = [tree for tree in trees if isinstance(tree, CommitTree)]
    wanted = {tree.commit: tree for tree in commits if tree.listing is None}
    if len(wanted) < _FEW or not isinstance(base, CommitTree):
        return
    lines = "".join(f"{commit} {base.commit}\n" for commit in wanted)
    done = base.git.try_run(*_DIFFERENCES, stdin=lines.encode())
    if done.returncode:
        return
    entries = (each.partition(b"\t") for each in base.prepare()().split(b"\0"))
    files = {path: facts for facts, _, path in entries}
    changed: dict[str, dict[bytes, bytes | None]] = {}
    fields = iter(done.stdout.split(b"\0"))
    now: dict[bytes, bytes | None] = {}
    for each in fields:
        if each.startswith(b":"):
            _, mode, _, oid, _ = each.split(b" ")
            now[next(fields)] = None if mode == _NOTHING else b"%s any %s" % (mode, oid)
        elif each:
            now = changed[each.decode()] = {}
    # A commit that is not here is passed over in silence.
    for commit in wanted.keys() & changed:
        wanted[commit].listing = partial(_listing, files, changed[commit])


def _listing(files: Mapping[bytes, bytes], changed: Mapping[bytes, bytes | None]) -> bytes:
    """As `git ls-tree -z` prints it, apart from the type."""
    entries = ({**files, **changed}).items()
    return b"\0".join(b"%s\t%s" % (facts, path) for path, facts in entries if path and facts is not None)
