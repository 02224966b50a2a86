"""Results commit: commit what a pipeline run wrote, on top of a pull request's branch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.branch import (
    commit_files,
    commit_nothing,
    is_branch_name,
    move_branch,
    moved,
    require_identity,
)
from mlgit.adapters.git.push import fetch_refs, list_remote_refs
from mlgit.core.dead_remote import explain
from mlgit.core.record import NamedTuple
from mlgit.errors import StateError, ToolError
from mlgit.project.pipeline.git_files import results_among, untracked_files
from mlgit.project.pipeline.proof import merged_entries
from mlgit.project.release.readiness import branch_name, require_clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.project.open import Project

_HEADS = "refs/heads/"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class PushTarget(NamedTuple):
    """The destination of results: a branch of a remote, and its commit at the start of the run."""

    remote: str
    branch: str
    commit: str


class Written(NamedTuple):
    """Files that DVC wrote, and other tracked files that the run changed."""

    results: tuple[str, ...]
    others: tuple[str, ...]


def check_out_branch(project: Project, event: CiEvent | None) -> PushTarget:
    """Check out the commit of the event's branch, to which the results will be pushed.

    GitHub checks out a merge with the target, whose results would differ from those of the branch.

    Raises:
        StateError: the branch is a fork's, trunk, or missing, the working tree has changes, or git has no
            name and email for a commit.
        LostRace: the branch has moved since the event.
        ToolError: the remote does not answer.
    """
    head = require_clean(project)
    if event is not None and event.fork:
        raise StateError(
            "`--commit` cannot push to the branch of a fork",
            hint="its author runs `mlgit run`, commits the results, and pushes",
        )
    remote, branch = project.remote, _branch(project, event)
    if remote is None:
        raise StateError("There is no Git remote to push to", hint="run `git remote add origin URL`")
    require_identity(project.git)
    commit = head if event is None else event.sha
    if not _COMMIT.fullmatch(commit):
        raise StateError("The event does not name a commit to build on")
    tip = _remote_tip(project, remote, branch)
    if tip != commit:
        raise moved(remote, branch, tip)
    if head != commit:
        if project.commit(commit) is None:
            fetch_refs(project.git, remote, [f"{_HEADS}{branch}"])
        project.git.run("checkout", "--quiet", "--detach", commit)
    return PushTarget(remote=remote, branch=branch, commit=commit)


def written_by_run(project: Project) -> Written:
    """The files that the run changed, from a project that was opened after it."""
    changed = {*project.head.changed, *project.head.conflicted}
    # Also untracked files: the first run of a stage makes its metric file.
    mine = results_among(project, {*untracked_files(project), *changed})
    return Written(results=mine, others=tuple(sorted(changed.difference(mine))))


def commit_results(
    project: Project, entries: Mapping[str, str], *, by: str, written: Written | None = None
) -> str | None:
    """Commit what DVC wrote; the new commit, or None if nothing changed.

    `entries` (stage -> digest) are merged entries of dvc.lock whose stages were just run. If they are still
    the same, the message confirms them, in a commit without changes if need be.
    """
    from mlgit.core.pipeline.merged_record import trailers

    left = merged_entries(project)
    same = {stage: digest for stage, digest in entries.items() if left.get(stage) == digest}
    files = (written or written_by_run(project)).results
    message = f"Run the pipeline\n\nWritten by `{by}`: dvc.lock and metric files.\n"
    message += f"\n{trailers(same)}" if same else ""
    made = commit_files(project.git, files, message)
    if made is None and same:
        return commit_nothing(project.git, message)
    return made


def push_results(
    project: Project, target: PushTarget, written: Written, entries: Mapping[str, str]
) -> str | None:
    """Commit what DVC wrote and move the branch there; the new commit, or None if nothing changed.

    Raises:
        LostRace: someone else pushed to the branch meanwhile.
        ToolError: git or the remote failed.
    """
    made = commit_results(project, entries, by="mlgit ci pr --pipeline run --commit", written=written)
    if made is None:
        return None
    move_branch(project.git, target.remote, target.branch, old=target.commit, new=made)
    return made


def _branch(project: Project, event: CiEvent | None) -> str:
    name = project.head.branch
    if event is not None:
        name = event.head_branch or (event.ref or "").removeprefix(_HEADS)
    if not name or not is_branch_name(project.git, name):
        raise StateError("There is no branch to push results to", hint="run it for a pull request")
    trunk = project.trunk
    if trunk is not None and name == branch_name(project, trunk.ref):
        raise StateError(
            f"`--commit` pushes to the branch of a pull request, and `{name}` is trunk",
            hint="open a pull request",
        )
    return name


def _remote_tip(project: Project, remote: str, branch: str) -> str | None:
    ref = f"{_HEADS}{branch}"
    try:
        return list_remote_refs(project.git, remote, [ref]).get(ref)
    except GitFailed as error:
        found = explain(error.stderr, remote)
        raise ToolError(found.sentence, hint=found.repair, details=error.details) from error
