"""Checked out: whether HEAD is the change that a run of a CI reports about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import is_ancestor, merged_tree, parents
from mlgit.core.wording import words
from mlgit.errors import StateError
from mlgit.project.compare.base import made_by_forge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.project.open import Project


def require_change(project: Project, event: CiEvent | None, variables: Mapping[str, str]) -> None:
    """Refuse to judge HEAD if its verdict would be reported about another commit.

    HEAD may be the event's commit, what the forge made to try its merge, or git's own merge of it with a
    commit of the target.

    Raises:
        StateError: HEAD is another commit.
    """
    head = project.head.commit
    if event is None or head is None or not event.sha:
        return
    if head in {event.sha, made_by_forge(variables)}:
        return
    if event.kind == "pull_request" and _merges(project, head, event.sha):
        return
    raise StateError(
        f"`{head[:7]}` is checked out, but this run reports about `{event.sha[:7]}`",
        hint=_hint(project, event),
    )


def _merges(project: Project, head: str, change: str) -> bool:
    """Whether a commit is git's merge of the change with a commit of the target, and nothing more."""
    known, target = parents(project.objects, head), project.target
    others = [each for each in known if each != change]
    if len(known) != 2 or len(others) != 1 or target is None:  # noqa: PLR2004 (two parents)
        return False
    if not is_ancestor(project.git, others[0], target.commit):
        return False
    merged = merged_tree(project.git, project.git_dir, known[0], known[1])
    return merged == (project.git.run_text("rev-parse", f"{head}^{{tree}}"), frozenset())


def _hint(project: Project, event: CiEvent) -> str:
    own_checkout = event.host == "gitlab" or (event.ref or "").startswith("refs/pull/")
    if event.kind == "pull_request" and not own_checkout:
        # The job may have rights that nothing of a fork's checkout should get near.
        return "let `on: pull_request` start the workflow: it checks out the pull request"
    fetch = words(("git", "fetch", project.remote or "origin", event.sha))
    return f"run `{fetch} && {words(('git', 'checkout', '--detach', event.sha))}` before it"
