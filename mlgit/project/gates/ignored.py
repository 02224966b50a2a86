"""Ignored: find what the `.dvcignore` and `.gitignore` files of a change hide of what its target uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.ignore import IGNORE_FILE
from mlgit.adapters.dvc.pipeline.hidden import GIT_IGNORE_FILE, Hidden, Unseen, nested
from mlgit.adapters.dvc.pipeline.pointers import pipeline_files
from mlgit.core.gates.resolved.ignored import (
    declared_paths,
    hidden_findings,
    read_below,
    unseen_findings,
    used_data,
    used_files,
)
from mlgit.core.pipeline.model_files import meets
from mlgit.project.pipeline.local_files import cached_listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


def ignore_findings(
    project: Project, old: Evidence, new: Evidence, named: Mapping[str, str]
) -> Iterator[Finding]:
    """A finding for each file of patterns that hides a used file which was not hidden at the target.

    What the change touches counts also if it was hidden before. Used is what the change declares. Git hides
    nothing that it has, but DVC fails where Git ignores its own files. A file that the change takes out of
    Git may still be on the disk of its author, hidden from DVC. `named` are the files that the change's
    mlgit.yaml names, with the words for that.
    """
    trees = [project.tree(each.commit) for each in (old, new)]
    declared = {**declared_paths(new), **named}
    paths = trees[1].paths()
    hidden = {name: Hidden(trees[1], paths, file=name) for name in (IGNORE_FILE, GIT_IGNORE_FILE)}
    reported: set[str] = set()
    for name, after in hidden.items():
        # The target's own files may be what the change repairs.
        before = Hidden(trees[0], trees[0].paths(), file=name, lenient=True)
        if before.texts == after.texts or not after.any:
            continue
        if name == IGNORE_FILE:
            used = used_files({*trees[0].paths(), *paths}, declared, new)
            used |= _in_data(project, old, new, declared)
        else:
            used = dict.fromkeys(pipeline_files(paths), "read by DVC")
        found: dict[str, dict[str, str]] = {}
        for path, words in used.items():
            if after.hides(path) and not before.hides(path):
                found.setdefault(after.place(path).path, {})[path] = words
                reported.add(path)
        yield from hidden_findings(found)
    yield from _touched_unseen(project, old, new, hidden[IGNORE_FILE], reported)


def _touched_unseen(
    project: Project, old: Evidence, new: Evidence, hidden: Hidden, reported: Collection[str]
) -> Iterator[Finding]:
    """A finding for what the change touches below a dependency and DVC does not see, or sees no longer."""
    paths = project.tree(new.commit).paths()
    unseen = Unseen(hidden, paths)
    begun = tuple(f"{folder}/" for folder in unseen.nested - nested(project.tree(old.commit).paths()))
    touched = {*_touched(project, old, new), *(path for path in paths if path.startswith(begun))}
    found: dict[str, tuple[str, str | None]] = {}
    read: dict[str, str] = {}
    for path, stage in read_below(touched - {*reported}, new.pipeline):
        by = None if path in found else unseen.by(path, root=unseen.root(stage.file))
        if by is not None:
            found[path], read[path] = by, f"read by stage {stage.address}"
    yield from unseen_findings(found, read)


def _touched(project: Project, old: Evidence, new: Evidence) -> Iterator[str]:
    """The files of Git that differ between the sides, also if one of them does not have them."""
    head = project.head
    commit = new.commit or head.commit
    if new.commit is None:
        yield from (*head.changed, *head.conflicted)
    if old.commit is not None and commit not in {None, old.commit}:
        listing = project.git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", old.commit, commit)
        yield from listing.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _in_data(project: Project, old: Evidence, new: Evidence, declared: Mapping[str, str]) -> dict[str, str]:
    """The files in the folders of DVC that are used, now and before, as far as their listings are here."""
    places = {out.path for out in new.pipeline.outputs}
    found: dict[str, str] = {}
    for out in (*old.pipeline.outputs, *new.pipeline.outputs):
        folder = out.path in places and out.pointer is not None and out.pointer.directory
        if folder and any(meets(out.path, each) for each in declared):
            found |= used_data(out, cached_listing(project, out) or (), declared)
    return found
