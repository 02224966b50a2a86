"""Lock entries: read the entries of dvc.lock at commits and in the working tree, wherever the file was."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.pipeline.pointers import LOCK_FILE
from mlgit.adapters.git.objects import CommitTree
from mlgit.adapters.git.refs import cut_commits, parents
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.project.open import Project

    Entries = Mapping[str, object]

ANYWHERE = f":(glob)**/{LOCK_FILE}"
"""The pathspec of every lock file: one may have been in another folder."""
_MOST_LINKS = 10
_START = "\x01"
_LINK = "120000"
_FORM = (
    "-m",
    "-z",
    "--no-renames",
    "--raw",
    "--no-abbrev",
    "--no-show-signature",
    "--no-textconv",
    f"--format={_START}%H %P",
)
_MD5 = re.compile(rb"\b[0-9a-f]{32}\b")


def lock_pathspecs(project: Project, commit: str, paths: Iterable[str]) -> list[str]:
    """Pathspecs of every file that may have been one of the lock files at these paths of a commit."""
    return [ANYWHERE, *(f":(literal){each}" for each in linked_files(project, commit, paths))]


def linked_files(project: Project, commit: str, paths: Iterable[str]) -> list[str]:
    """The paths that the links among these lead to, one after the other."""
    tree = project.tree(commit)
    found: list[str] = []
    if not isinstance(tree, CommitTree):  # pragma: no cover (a commit's tree is one)
        return found
    for path in paths:
        for _ in range(_MOST_LINKS):
            if tree.odd_entry(path) != "a symbolic link":
                break
            link = project.objects.get(tree.blobs().get(path, ""))
            if link is None:
                break
            text = link.content.decode("utf-8", "surrogateescape")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))  # noqa: PLW2901
            if path.startswith(("/", "../")):
                break
            found.append(path)
    return found


def lock_history(
    project: Project, here: str, locks: Iterable[str]
) -> tuple[list[str], Mapping[str, list[str]]]:
    """The pathspecs of every file that was a lock file, and the merges, each with the files that differ.

    Git is asked once, and again for the files that links led to: what a link leads to may be a merged file
    where the link itself is the same.
    """
    paths = lock_pathspecs(project, here, locks)
    for _ in range(_MOST_LINKS):
        merges, links = _changes(project, here, paths)
        more = [path for path in _targets(project, links) if path not in paths]
        if not more:
            break
        paths += more
    return paths, merges


def _changes(
    project: Project, here: str, paths: Iterable[str]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Merge -> the files that differ from those of every parent, and object id -> path of each link."""
    output = project.git.run("log", *_FORM, here, "--", *paths)
    merges: dict[str, list[str]] = {}
    links: dict[str, str] = {}
    commit, raw = "", [""]
    for each in output.decode("utf-8", "surrogateescape").split("\0"):
        text = each.lstrip("\n")
        if len(raw) > 1:
            if commit:
                merges[commit].append(each)
            links |= {oid: each for mode, oid in zip(raw[:2], raw[2:4], strict=True) if mode == _LINK}
            raw = [""]
        elif text.startswith(_START):
            name, *parents = text.removeprefix(_START).split()
            commit = name if len(parents) > 1 else ""
            if commit:
                merges.setdefault(commit, [])
        elif text.startswith(":"):
            raw = text.removeprefix(":").split(" ")
    return merges, links


def _targets(project: Project, links: Mapping[str, str]) -> list[str]:
    """The pathspecs of what links lead to."""
    found = project.objects.get_many(links)
    targets = set()
    for oid, path in links.items():
        link = found[oid]
        text = "" if link is None else link.content.decode("utf-8", "surrogateescape")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        if text and not target.startswith(("/", "../")):
            targets.add(f":(literal){target}")
    return sorted(targets)


class LockEntries:
    """Reads the entries of lock files; each content is parsed once.

    `moved`: a commit that lacks one of the paths may have it somewhere else.
    """

    def __init__(self, project: Project, paths: Sequence[str], *, moved: bool = True) -> None:
        self._project = project
        self._paths = paths
        self._moved = moved
        self._parsed: dict[tuple[str, bytes], Entries] = {}
        self._known: dict[str, Entries] = {}
        self._hashes: dict[str, frozenset[bytes]] = {}

    def at(self, commit: str) -> Entries:
        """Stage -> its entry at a commit."""
        if commit not in self._known:
            self._known[commit] = self._all(self._texts(commit))
        return self._known[commit]

    def hashes(self, commit: str) -> frozenset[bytes]:
        """Every MD5 in the files at a commit; they are not parsed for that."""
        if commit not in self._hashes:
            texts = self._texts(commit).values()
            self._hashes[commit] = frozenset(found for text in texts for found in _MD5.findall(text))
        return self._hashes[commit]

    def _texts(self, commit: str) -> Mapping[str, bytes]:
        found = self._contents(commit, self._paths)
        if not self._moved or len(found) == len(self._paths):
            return found
        there = self._project.tree(commit).paths()
        return self._contents(commit, [path for path in there if path.rpartition("/")[2] == LOCK_FILE])

    def _contents(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        specs = {path: f"{commit}:{path}" for path in paths}
        objects = self._project.objects.get_many(specs.values())
        found = {path: objects[spec] for path, spec in specs.items()}
        return {path: one.content for path, one in found.items() if one is not None and one.type == "blob"}

    def of_worktree(self) -> Entries:
        return self._all(self._project.worktree.read_many(self._paths))

    def parents(self, commit: str) -> list[str]:
        """Its parents; none where a shallow clone cut them off."""
        if self._project.shallow and commit in cut_commits(self._project.common_dir):
            return []
        return parents(self._project.objects, commit)

    def _all(self, contents: Mapping[str, bytes]) -> Entries:
        found: dict[str, object] = {}
        for path, content in contents.items():
            key = (path, content)
            if key not in self._parsed:
                self._parsed[key] = _entries(path, content)
            found |= self._parsed[key]
        return found


def _entries(path: str, content: bytes) -> Entries:
    """Stage -> its entry in one lock file; empty if the file is damaged."""
    from mlgit.yaml12 import load

    try:
        document = load(content, name=path, strict=False)
    except ConfigError:
        return {}
    stages = document.get("stages") if isinstance(document, dict) else None
    folder = path.rpartition("/")[0]
    entries = stages.items() if isinstance(stages, dict) else ()
    return {f"{folder}/dvc.yaml:{name}" if folder else str(name): entry for name, entry in entries}
