"""Push: publish data, then the branch, then tags, so that nothing is visible before what it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.branch import push_branch
from mlgit.adapters.git.push import list_remote_refs
from mlgit.adapters.git.refs import count_commits, is_ancestor
from mlgit.core.dead_remote import explain
from mlgit.core.registry.tags import TAGS
from mlgit.core.release.publication import BranchPush, DataPush, Publication, TagPush, batches
from mlgit.core.wording import count, word, words
from mlgit.errors import LostRace, MlgitError, StateError, ToolError
from mlgit.project.history import join_command
from mlgit.project.push_addresses import missing_elsewhere, taken_elsewhere
from mlgit.project.registry.pushed import record_seen
from mlgit.project.release.unpublished import push_tags, unpublished_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

_HEADS = "refs/heads/"


def push(project: Project, *, dry_run: bool = False, progress: Progress | None = None) -> Publication:
    """Publish what this clone has and the remotes lack.

    Anything that would be refused is found before anything is sent.

    Raises:
        StateError: no remote, no commit, a diverged branch, or a tag that differs on the remote.
        ToolError: a remote failed; details list what arrived before.
    """
    head = project.head.commit
    if head is None:
        raise StateError("There is no commit yet", hint="commit something first")
    remote = _remote(project)
    tags_remote = project.remote or remote
    theirs = _ask(project, remote)
    tags = unpublished_tags(
        project, tags_remote, theirs if tags_remote == remote else _ask(project, tags_remote)
    )
    try:
        branch = _plan_branch(project, remote, theirs, head)
    except StateError as error:
        refs = [f"{TAGS}{tag.tag}" for tag in tags if tag.step == "planned"]
        if refs:
            alone = words(("git", "push", tags_remote, *refs))
            error.details = (*error.details, f"to publish the tags without the branch: `{alone}`")
        raise
    data = _plan_data(project, _commits(head, tags))
    plan = Publication(
        dry_run=dry_run,
        remote=remote,
        data=data,
        branch=branch,
        tags=tags,
        tags_remote=None if tags_remote == remote else tags_remote,
    )
    if dry_run or plan.nothing_to_do:
        return plan
    return _act(project, plan, progress)


def _commits(head: str, tags: Sequence[TagPush]) -> list[str]:
    return list(dict.fromkeys([head, *(tag.commit for tag in tags if tag.step == "planned")]))


def _act(project: Project, plan: Publication, progress: Progress | None) -> Publication:
    done: list[str] = []
    notes: list[str] = []
    data, branch = plan.data, plan.branch
    try:
        if data.step == "planned":
            data = replace(data, step="pushed", files=_push_data(project, plan, progress))
            done.append(f"data of {len(data.paths)} outputs")
        if branch.step == "planned":
            branch = replace(branch, step="pushed", messages=_push_branch(project, plan.remote, branch))
            notes += missing_elsewhere(project, plan.remote, _refs(branch))
            done.append(f"branch `{branch.name}`")
        for batch in batches(plan.planned_tags):
            notes += push_tags(project, plan.tags_remote or plan.remote, batch)
            done += [f"tag `{tag.tag}`" for tag in batch]
    except MlgitError as error:
        if done:
            error.details = (*error.details, "published before that: " + ", ".join(done))
        raise
    tags = tuple(replace(tag, step="pushed") if tag.step == "planned" else tag for tag in plan.tags)
    return replace(plan, data=data, branch=branch, tags=tags, notes=tuple(notes))


def _remote(project: Project) -> str:
    """The remote that git pushes this branch to; for a detached HEAD that of releases."""
    branch = project.head.branch
    keys = (f"branch.{branch}.pushRemote", "remote.pushDefault", f"branch.{branch}.remote")
    for key in keys if branch is not None else ():
        stated = project.git.try_text("config", "--get", key)
        if stated in project.remotes:
            return str(stated)
        if stated not in {None, ".", ""}:
            raise StateError(
                f"`{key}` is not the name of a remote, so `mlgit push` does not know where to push",
                hint=f"run `git remote add NAME URL`, then `git config {word(key)} NAME`",
            )
    if project.remote is None and project.remotes:
        names = " or ".join(f"`{name}`" for name in project.remotes)
        raise StateError(
            f"Cannot choose a remote: {names}", hint="run `git config mlgit.remote NAME` with one of them"
        )
    if project.remote is None:
        raise StateError("There is no Git remote to push to", hint="run `git remote add origin URL`")
    return project.remote


def _ask(project: Project, remote: str) -> Mapping[str, str]:
    try:
        theirs = list_remote_refs(project.git, remote, [f"{_HEADS}*", f"{TAGS}*"], peeled=True)
    except GitFailed as error:
        found = explain(error.stderr, remote)
        raise ToolError(
            f"{found.sentence}; nothing was pushed", hint=found.repair, details=error.details
        ) from error
    if remote == project.remote:
        record_seen(project, (oid for ref, oid in theirs.items() if ref.startswith(TAGS)), at_remote=True)
    return theirs


def _plan_branch(project: Project, remote: str, theirs: Mapping[str, str], commit: str) -> BranchPush:
    head = project.head
    if head.branch is None:
        return BranchPush(step="skipped", reason="no branch is checked out, so no branch is pushed")
    upstream = project.git.try_text("config", f"branch.{head.branch}.merge")
    # A topic branch usually starts from `origin/main` and tracks it: its commits must not go there.
    ref = f"{_HEADS}{head.branch}"
    old = theirs.get(ref)
    fresh = BranchPush(
        step="planned",
        name=head.branch,
        ref=ref,
        old=old,
        new=commit,
        sets_upstream=upstream is None,
        tracks=None if upstream in {None, ref} else head.upstream,
    )
    if old is None:
        return fresh
    if old == commit:
        return replace(fresh, step="planned" if upstream is None else "already", commits=0)
    if project.commit(old) is None:
        raise _diverged(project, remote, ref, old, "has commits that are not here")
    if is_ancestor(project.git, old, commit):
        return replace(fresh, commits=count_commits(project.git, old, commit))
    behind = count_commits(project.git, commit, old)
    if is_ancestor(project.git, commit, old):
        # The remote is ahead: there is nothing to publish.
        return replace(fresh, step="already", new=old, commits=0, behind=behind)
    raise _diverged(project, remote, ref, old, f"has {count(behind, 'commit')} that this branch lacks")


def _diverged(project: Project, remote: str, ref: str, old: str, why: str) -> StateError:
    name = ref.removeprefix(_HEADS)
    command, replaces = join_command(project, remote, name, theirs=old)
    why = "has this branch as it was before it was rewritten" if replaces else why
    return StateError(
        f"`{remote}/{name}` {why}; nothing was pushed",
        hint=f"run `{command}`, then `mlgit push` again",
        details=(f"here: `{project.head.branch}` at {(project.head.commit or '')[:7]}",),
    )


def _plan_data(project: Project, commits: Sequence[str]) -> DataPush:
    outputs = _outputs(project, commits)
    if not outputs:
        return DataPush(step="skipped", reason="DVC tracks no outputs")
    from mlgit.adapters.dvc.engine import has_remote, missing_in_remote, remote_command
    from mlgit.project.pipeline.local_files import require_dvc_here

    require_dvc_here(project, [output.path for output in outputs])
    if not has_remote(project.root):
        reason = f"no default DVC remote is configured (`{remote_command(project.root)}`)"
        return DataPush(step="skipped", reason=reason)
    missing = missing_in_remote(project.root, outputs)
    return DataPush(step="planned" if missing else "already", paths=missing)


def _outputs(project: Project, commits: Iterable[str]) -> list[Output]:
    """The outputs of these commits that DVC publishes, each content once, without those not yet made."""
    from mlgit.adapters.dvc.pipeline.pointers import read_pipeline

    found: dict[tuple[str, str], Output] = {}
    for commit in commits:
        tree = project.tree(commit)
        for output in read_pipeline(tree, root=project.root, folder=project.cache_dir).outputs:
            if output.cached and output.pointer is not None and output.push:
                found.setdefault((output.path, output.pointer.md5), output)
    return list(found.values())


def _push_data(project: Project, plan: Publication, progress: Progress | None) -> int:
    from mlgit.adapters.dvc import engine

    outputs = _outputs(project, _commits(project.head.commit or "", plan.tags))
    files = engine.push_outputs(project.root, outputs, progress)
    left = engine.missing_in_remote(project.root, outputs)
    if left:
        raise ToolError(
            f"{count(len(left), 'output')} could not be published: the content is not in this clone's cache",
            details=left,
            hint="run `dvc fetch` or `mlgit run`, or push from the clone that made them",
        )
    return files


def _refs(branch: BranchPush) -> dict[str, str]:
    return {branch.ref or "": branch.new or ""}


def _push_branch(project: Project, remote: str, branch: BranchPush) -> tuple[str, ...]:
    """Push without force and with the user's own hooks; returns the lines that they and the server printed.

    Raises:
        LostRace: someone else moved the branch meanwhile.
        ToolError: a hook or the remote refused.
    """
    here = branch.name or ""
    result = push_branch(project.git, remote, here, sets_upstream=branch.sets_upstream)
    if result.landed:
        return result.lines
    details = (*result.lines, *taken_elsewhere(project, remote, _refs(branch)))
    now = _ask(project, remote).get(branch.ref or "")
    if now == branch.new:
        return result.lines
    if now != branch.old:
        raise LostRace(
            f"Someone else just pushed to `{remote}/{here}`",
            details=details,
            hint=f"run `git pull --no-rebase --tags {word(remote)} {word(here)}`, then `mlgit push` again",
        )
    if result.stopped_here:
        raise ToolError(
            f"The `pre-push` hook of this clone refused `{branch.name}`; nothing went to `{remote}`",
            details=details,
            hint="fix what it reports, then run `mlgit push` again",
        )
    hint = None
    if len(project.remotes) > 1 and project.git.try_text("config", "remote.pushDefault") is None:
        hint = "if you may only push to your fork, run `git config remote.pushDefault NAME` with its remote"
    raise ToolError(f"`{remote}` refused the branch `{branch.name}`", details=details, hint=hint)
