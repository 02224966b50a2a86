"""DVC settings: find which configuration of DVC a change brings to trunk."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import merge_bases
from mlgit.core.config.dvc_settings import changed_settings
from mlgit.core.gates.verdict import Note
from mlgit.core.wording import joined, word
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlgit.core.tree import Tree
    from mlgit.project.open import Branch, Project

_LOCAL = ".local"
_FILES = (".dvc/config", f".dvc/config{_LOCAL}")
_MOST = 6
_BYTES = 1 << 20


def dvc_setting_notes(project: Project, commit: str | None, target: Branch | None) -> Iterator[Note]:
    """A warning for each configuration file with which DVC reads other things after the merge, or nothing."""
    if target is None:
        return
    there = project.tree(target.commit)
    for path, now, was in changed_files(project, commit, target, lambda trees: _settings_in(*trees)):
        yield from _notes(path, now, was, there, target)


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
    found = [(path, _read(own, path), _read(there, path)) for path in paths((own, there))]
    changed = [each for each in found if each[1] != each[2]]
    bases = merge_bases(project.git, tip, target.commit) if changed and tip is not None else ()
    base = project.tree(bases[0]) if len(bases) == 1 else there
    for path, now, then in changed:
        left = _read(base, path)
        if now != left:
            yield path, now, then if left is None else left


def _settings_in(own: Tree, there: Tree) -> list[str]:
    return [path for path in sorted({*own.paths(), *there.paths()}) if _is_settings(path)]


def _is_settings(path: str) -> bool:
    return any(path == each or path.endswith(f"/{each}") for each in _FILES)


def _read(tree: Tree, path: str) -> bytes | None:
    return tree.read_many([path], most_bytes=_BYTES).get(path)


def _notes(path: str, now: bytes | None, was: bytes | None, there: Tree, target: Branch) -> Iterator[Note]:
    folder = posixpath.dirname(posixpath.dirname(path))
    if now is None:
        text = f"`{path}` is gone: after the merge, DVC has none of its settings"
    elif was is None and folder and any(each.startswith(f"{folder}/") for each in there.paths()):
        text = f"`{path}` is new: after the merge, DVC takes `{folder}` for a project of its own"
    else:
        shared = path.removesuffix(_LOCAL)
        text = _other(path, now, was, None if shared == path else _read(there, shared))
    if text:
        way = f"`git checkout {word(target.short)} -- {word(path)}` takes the change back"
        hint = None if was is None else way
        yield Note(code="dvc_settings_changed", message=text, effect="warn", hint=hint)


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
