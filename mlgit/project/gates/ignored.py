"""Ignored: find what the `.dvcignore` and `.gitignore` files of a change hide of what its target uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.ignore import IGNORE_FILE
from mlgit.adapters.dvc.pipeline.hidden import GIT_IGNORE_FILE, Hidden
from mlgit.adapters.dvc.pipeline.pointers import pipeline_files
from mlgit.core.gates.resolved.ignored import declared_paths, hidden_findings, used_files
from mlgit.project.pipeline.local_files import cached_listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.project.open import Project


def ignore_findings(
    project: Project, old: Evidence, new: Evidence, named: Mapping[str, str]
) -> Iterator[Finding]:
    """A finding for each file of patterns that hides a used file which was not hidden at the target.

    `named` are the files that mlgit.yaml names, with the words for that.
    """
    trees = [project.tree(each.commit) for each in (old, new)]
    declared = {**declared_paths(new), **declared_paths(old), **named}
    for name in (IGNORE_FILE, GIT_IGNORE_FILE):
        # The target's own files may be what the change repairs.
        before = Hidden(trees[0], trees[0].paths(), file=name, lenient=True)
        after = Hidden(trees[1], trees[1].paths(), file=name)
        if before.texts == after.texts or not after.any:
            continue
        paths = {path for tree in trees for path in tree.paths()}
        used = used_files(paths, declared, (old, new))
        if name == IGNORE_FILE:
            used |= _in_data(project, (old, new), declared)
        else:
            used |= dict.fromkeys(pipeline_files(sorted(paths)), "read by DVC")
        found: dict[str, dict[str, str]] = {}
        for path, words in used.items():
            if after.hides(path) and not before.hides(path):
                found.setdefault(after.place(path).path, {})[path] = words
        yield from hidden_findings(found)


def _in_data(project: Project, sides: Iterable[Evidence], declared: Mapping[str, str]) -> dict[str, str]:
    """The files in the folders of DVC that stages read, as far as their listings are here."""
    return {
        f"{out.path}/{name}": declared[out.path]
        for known in sides
        for out in known.pipeline.outputs
        if out.path in declared and out.pointer is not None and out.pointer.directory
        for name in cached_listing(project, out) or ()
    }
