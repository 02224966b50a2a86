"""Merged heads: whether a merge on trunk took the model of the branch that it merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.objects import CommitTree
from mlgit.core.record import NamedTuple
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from mlgit.project.open import Project


class Sides(NamedTuple):
    """What to look at in the commits of a merge, which are full ids.

    `tree` is the id of a commit's tree, `files` are its files with their blobs. `model` is a digest of the
    model there: empty without a model, None if it cannot be read. `bases` are the newest commits that two
    have in common, and `had` says whether trunk had the model of one of these. `after` are the commits that
    trunk's tip was after a merge, the oldest first.
    """

    tree: Callable[[str], str]
    files: Callable[[str], Mapping[str, str]]
    model: Callable[[str], str | None]
    bases: Callable[[str, str], Collection[str]]
    had: Callable[[str], bool]
    after: Callable[[str], Iterable[str]] = lambda _: ()


def took_model(head: str, merge: str, before: str, sides: Sides) -> bool:
    """Whether trunk has or had the model of a merged head; `before` is the first parent of the merge.

    Where a merge changes nothing on trunk (`-s ours`), trunk must have all that the branch changed. Otherwise
    the model must be that of the merge or, if the branch did not change it, of the commit where it began.
    Where the merge cannot be read, trunk has the first model after it that can. That of the head shows
    nothing if it cannot be read.
    """
    bases = sides.bases(before, head)
    if head in bases:
        return True  # trunk had it before, and someone recorded that
    if sides.tree(merge) == sides.tree(before):
        return any(_has_changes(sides.files(each), sides.files(head), sides.files(merge)) for each in bases)
    model = sides.model(head)
    if model is None:
        return True
    taken = sides.model(merge)
    if taken is None:
        following = map(sides.model, sides.after(merge))
        taken = next((each for each in following if each is not None), None)
    if model == taken:
        return True
    return any(sides.model(each) == model and sides.had(each) for each in bases)


def _has_changes(old: Mapping[str, str], new: Mapping[str, str], here: Mapping[str, str]) -> bool:
    """Whether all files that differ between two states are here as in the second one."""
    changed = (path for path in {*old, *new} if old.get(path) != new.get(path))
    return all(here.get(path) == new.get(path) for path in changed)


def files_at(project: Project, commit: str) -> Mapping[str, str]:
    """Path -> blob of the files at a commit."""
    tree = project.tree(commit)
    return tree.blobs() if isinstance(tree, CommitTree) else {}


def model_at(project: Project, name: str, commit: str) -> str | None:
    """A digest of a model at a commit; empty if it is not there, None if it cannot be read."""
    from mlgit.project.registry.models import declared_path, model_content

    try:
        return model_content(project, commit, declared_path(project, name, commit)) or ""
    except ConfigError:
        return None
