"""DVC settings: find which configuration of DVC a change brings to trunk."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.adapters.git.objects import CommitTree
from mlgit.adapters.git.refs import merge_bases
from mlgit.core.config.dvc_settings import changed_settings
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import joined, word, words
from mlgit.errors import ConfigError
from mlgit.project.pipeline.beyond import linked_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlgit.core.tree import Tree
    from mlgit.project.open import Branch, Project

_FOLDER = ".dvc"
_LOCAL = ".local"
_FILES = (".dvc/config", f".dvc/config{_LOCAL}")
_MOST = 6
_BYTES = 1 << 20


class Unread(bytes):
    """In place of a content that is too large, or that a link leads to outside of Git."""

    def sentence(self, path: str) -> str:
        """That it is not known, in words."""
        why = "it is larger than 1 MiB" if self.startswith(b"\0") else "a link there leads to no file of Git"
        return f"It is not known what `{path}` sets after the merge: {why}"


def dvc_setting_notes(project: Project, commit: str | None, target: Branch | None) -> Iterator[Note]:
    """A warning for each configuration file with which DVC reads other things after the merge, or nothing."""
    if target is None:
        return
    there = project.tree(target.commit)
    for path, now, was in changed_files(project, commit, target, lambda trees: _settings_in(*trees)):
        yield from _notes(path, now, was, there, _back(project, path, target))


def changed_files(
    project: Project,
    commit: str | None,
    target: Branch,
    paths: Callable[[tuple[Tree, Tree]], Iterable[str]],
) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Path, content and content before of each of these files that is of the change.

    `paths` chooses them from the trees of the change and of its target. A file that is the target's, or the
    one from where the change left it, is not of the change.
    """
    own, there = project.tree(commit), project.tree(target.commit)
    tip = commit or project.head.commit
    found = [(path, _read(project, own, path), _read(project, there, path)) for path in paths((own, there))]
    changed = [each for each in found if each[1] != each[2]]
    bases = merge_bases(project.git, tip, target.commit) if changed and tip is not None else ()
    base = project.tree(bases[0]) if len(bases) == 1 else there
    for path, now, then in changed:
        left = _read(project, base, path)
        if now != left:
            yield path, now, then if left is None else left


def _settings_in(own: Tree, there: Tree) -> list[str]:
    found: set[str] = set()
    for path in {*own.paths(), *there.paths()}:
        if _is_settings(path):
            found.add(path)
        elif posixpath.basename(path) == _FOLDER:  # a link to a folder
            found |= {posixpath.join(posixpath.dirname(path), each) for each in _FILES}
    return sorted(found)


def _is_settings(path: str) -> bool:
    return any(path == each or path.endswith(f"/{each}") for each in _FILES)


def _read(project: Project, tree: Tree, path: str) -> bytes | None:
    """The content of a file, also behind links; None if there is none."""
    content = tree.read_many([path], most_bytes=_BYTES).get(path)
    if content is not None:
        return content
    if (identity := tree.identity(path)) is not None:
        return Unread(f"\0{identity}".encode())
    entries = {*tree.paths()}
    link = next((each for each in (path, *folders_above(path)) if each in entries), None)
    text = None if link is None else _link(project, tree, link)
    if link is None or text is None:
        return None
    folder = f"{linked_path(project, tree.commit, link)}/"
    is_here = link != path and any(each.startswith(folder) for each in entries)
    return None if is_here else Unread(text)


def _link(project: Project, tree: Tree, path: str) -> bytes | None:
    """Where a link leads, as it says; None if no link is there."""
    if isinstance(tree, CommitTree):
        found = project.objects.get(tree.blobs()[path])
        return None if found is None else found.content
    try:
        return os.fsencode(os.readlink(os.path.join(project.root, path)))
    except OSError:
        return None


def _back(project: Project, path: str, target: Branch) -> str:
    """What takes the change of a file back, in words; of one at or behind a link, also where that leads."""
    names = dict.fromkeys((path, linked_path(project, target.commit, path)))
    there = {*project.tree(target.commit).paths()}
    own = [each for each in names if each in there]
    return f"`git checkout {word(target.short)} -- {words(own)}` takes the change back" if own else ""


def _notes(path: str, now: bytes | None, was: bytes | None, there: Tree, back: str) -> Iterator[Note]:
    folder = posixpath.dirname(posixpath.dirname(path))
    if isinstance(now, Unread):
        text = now.sentence(path)
    elif now is None:
        text = f"`{path}` is gone: after the merge, DVC has none of its settings"
    elif was is None and folder and any(each.startswith(f"{folder}/") for each in there.paths()):
        text = f"`{path}` is new: after the merge, DVC takes `{folder}` for a project of its own"
    else:
        shared = path.removesuffix(_LOCAL)
        before = there.read_many([] if shared == path else [shared], most_bytes=_BYTES).get(shared)
        text = _other(path, now, None if isinstance(was, Unread) else was, before)
    if text:
        yield Note(code="dvc_settings_changed", message=text, effect="warn", hint=back or None)


def _other(path: str, now: bytes, was: bytes | None, shared: bytes | None) -> str:
    """What DVC does otherwise with a file, in words; empty if nothing. It comes before the `shared` one."""
    from mlgit.adapters.dvc.engine.settings import settings

    try:
        after = settings(now, path)
    except ConfigError as error:
        return f"DVC {error.message}, so every command of DVC fails after the merge"
    try:
        both = {} if shared is None else settings(shared, path)
        before = {} if was is None else settings(was, path)
    except ConfigError:
        return ""
    texts = list(changed_settings({**both, **before}, {**both, **after}))
    return f"`{path}` makes DVC work differently after the merge: {joined(texts, _MOST)}" if texts else ""
