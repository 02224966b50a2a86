"""Moves: which commits an environment can go back to, and which it qualifies for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgit.core.registry.state import EnvironmentState


def stack(environment: EnvironmentState) -> tuple[str, ...]:
    """The commits of earlier promotions, the current one last; a rollback pops one.

    Each commit is in it once, at its newest promotion, so that k rollbacks visit k different versions. A
    commit that was unassigned or rolled back is removed.
    """
    commits: list[str] = []
    for change in environment.changes:
        if change.assigned is None:
            commits = [each for each in commits if each != change.fact.commit]
        elif change.action == "rollback" and change.assigned.commit in commits:
            del commits[commits.index(change.assigned.commit) + 1 :]
        else:
            commits = [each for each in commits if each != change.assigned.commit]
            if change.action == "rollback" and commits:
                commits.pop()
            commits.append(change.assigned.commit)
    return tuple(commits)


def qualified(environment: EnvironmentState) -> frozenset[str]:
    """The commits that the environment holds, or that a later promotion replaced there."""
    commits: set[str] = set()
    for change in environment.changes:
        left = change.unassigned or change.held
        if left is not None and change.action != "promote":
            commits.discard(left.commit)
        if change.assigned is not None:
            commits.add(change.assigned.commit)
    return frozenset(commits)
