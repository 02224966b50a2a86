"""Release before: the newest release of a model that a commit comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor
from mlgit.core.registry.completeness import refused_releases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import ModelState, Refusal, RegisteredVersion
    from mlgit.project.open import Project


def withdrawn_before(project: Project, state: ModelState, commit: str) -> Iterator[RegisteredVersion]:
    """The deregistered releases that a commit comes after, newest first."""
    for each in reversed(state.versions):
        if each.withdrawn and each.commit != commit and is_ancestor(project.git, each.commit, commit):
            yield each


def release_before(
    project: Project, state: ModelState, commit: str
) -> tuple[RegisteredVersion | None, Refusal | None]:
    """The release, and a newer one whose tag does not count: then it is not known which one it is."""

    def before(other: str) -> bool:
        return other != commit and is_ancestor(project.git, other, commit)

    versions = (each for each in reversed(state.versions) if not each.withdrawn)
    found = next((each for each in versions if before(each.commit)), None)
    newer = [
        each
        for each in reversed(refused_releases(state))
        if found is None or (each.fact.name.version or found.version) > found.version
    ]
    return found, next((each for each in newer if before(each.fact.commit)), None)
