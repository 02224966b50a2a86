"""Push: publish data, then the branch, then tags, so that nothing is visible before what it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import fetch_refs, list_remote_refs, push_refs
from mlgit.adapters.git.refs import count_commits, is_ancestor
from mlgit.adapters.git.tags.objects import parse_header
from mlgit.core.registry.tags import TAGS
from mlgit.core.release.publication import BranchPush, DataPush, Publication, TagPush, batches
from mlgit.core.wording import count
from mlgit.errors import LostRace, MlgitError, StateError, ToolError
from mlgit.project.registry.pushed import record_seen
from mlgit.project.registry.read import read_facts

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
    theirs = _ask(project, remote)
    branch = _plan_branch(project, remote, theirs, head)
    tags = _plan_tags(project, remote, theirs)
    data = _plan_data(project, _commits(head if branch.name else None, tags))
    plan = Publication(dry_run=dry_run, remote=remote, data=data, branch=branch, tags=tags)
    if dry_run or plan.nothing_to_do:
        return plan
    return _act(project, plan, progress)


def _commits(head: str | None, tags: Sequence[TagPush]) -> list[str]:
    return list(dict.fromkeys([*([head] if head else []), *(tag.commit for tag in tags)]))


def _act(project: Project, plan: Publication, progress: Progress | None) -> Publication:
    done: list[str] = []
    data, branch = plan.data, plan.branch
    try:
        if data.step == "planned":
            data = replace(data, step="pushed", files=_push_data(project, plan, progress))
            done.append(f"data of {len(data.paths)} outputs")
        if branch.step == "planned":
            _push_branch(project, plan.remote, branch)
            branch = replace(branch, step="pushed")
            done.append(f"branch `{branch.name}`")
        for batch in batches(plan.tags):
            _push_tags(project, plan.remote, batch)
            done += [f"tag `{tag.tag}`" for tag in batch]
    except MlgitError as error:
        if done:
            error.details = (*error.details, "published before that: " + ", ".join(done))
        raise
    tags = tuple(replace(tag, step="pushed") for tag in plan.tags)
    return replace(plan, data=data, branch=branch, tags=tags)


def _remote(project: Project) -> str:
    configured = None
    if project.head.branch is not None:
        configured = project.git.try_text("config", f"branch.{project.head.branch}.remote")
    remote = configured if configured in project.remotes else project.remote
    if remote is None:
        raise StateError("There is no Git remote to push to", hint="run `git remote add origin URL`")
    return remote


def _ask(project: Project, remote: str) -> Mapping[str, str]:
    try:
        theirs = list_remote_refs(project.git, remote, [f"{_HEADS}*", f"{TAGS}*"])
    except GitFailed as error:
        raise ToolError(
            f"The Git remote `{remote}` does not answer",
            hint=f"try `git ls-remote {remote}`",
            details=error.details,
        ) from error
    if remote == project.remote:
        record_seen(project, (oid for ref, oid in theirs.items() if ref.startswith(TAGS)), at_remote=True)
    return theirs


def _plan_branch(project: Project, remote: str, theirs: Mapping[str, str], commit: str) -> BranchPush:
    head = project.head
    if head.branch is None:
        return BranchPush(step="skipped", reason="no branch is checked out")
    upstream = project.git.try_text("config", f"branch.{head.branch}.merge")
    ref = upstream or f"{_HEADS}{head.branch}"
    old = theirs.get(ref)
    fresh = BranchPush(
        step="planned", name=head.branch, ref=ref, old=old, new=commit, sets_upstream=upstream is None
    )
    if old is None:
        return fresh
    if old == commit:
        return replace(fresh, step="planned" if upstream is None else "already", commits=0)
    if project.commit(old) is None:
        raise _diverged(project, remote, ref, "has commits that are not here")
    if is_ancestor(project.git, old, commit):
        return replace(fresh, commits=count_commits(project.git, old, commit))
    behind = count_commits(project.git, commit, old)
    if is_ancestor(project.git, commit, old):
        # The remote is ahead: there is nothing to publish.
        return replace(fresh, step="already", new=old, commits=0)
    raise _diverged(project, remote, ref, f"has {count(behind, 'commit')} that this branch has not")


def _diverged(project: Project, remote: str, ref: str, why: str) -> StateError:
    name = ref.removeprefix(_HEADS)
    return StateError(
        f"`{remote}/{name}` {why}; nothing was pushed",
        hint=f"run `git pull --rebase {remote} {name}`, look, then `mlgit push` again",
        details=(f"here: `{project.head.branch}` at {(project.head.commit or '')[:7]}",),
    )


def _plan_tags(project: Project, remote: str, theirs: Mapping[str, str]) -> tuple[TagPush, ...]:
    """The tags of ours that the remote lacks, a version before the promotions of it."""
    facts = read_facts(project)
    conflicts = [fact for fact in facts if theirs.get(f"{TAGS}{fact.tag}", fact.oid) != fact.oid]
    if conflicts:
        raise _conflict(project, remote, {fact.tag: theirs[f"{TAGS}{fact.tag}"] for fact in conflicts})
    missing = [fact for fact in facts if f"{TAGS}{fact.tag}" not in theirs]
    missing.sort(
        key=lambda fact: (fact.tagged_at_s, fact.name.counter or 0, fact.name.action != "unassign", fact.tag)
    )
    return tuple(TagPush(step="planned", tag=fact.tag, oid=fact.oid, commit=fact.commit) for fact in missing)


def _conflict(project: Project, remote: str, theirs: Mapping[str, str]) -> LostRace:
    """The error for tags of someone else with the names of ours; it names their authors."""
    authors = {tag: _author(project, remote, tag, theirs[tag]) for tag in sorted(theirs)}
    first = min(theirs)
    return LostRace(
        f"`{remote}` has another tag `{first}` than this clone; nothing was pushed",
        details=tuple(f"`{tag}` on `{remote}` is {author}" for tag, author in authors.items()),
        hint=f"to take theirs run `git fetch {remote} --force tag '{first}'`",
    )


def _author(project: Project, remote: str, tag: str, oid: str) -> str:
    try:
        fetch_refs(project.git, remote, [f"{TAGS}{tag}"])
    except ToolError:
        return oid[:7]
    found = project.objects.get(oid)
    header = parse_header(found.content) if found is not None and found.type == "tag" else None
    if header is None:
        return f"{oid[:7]}, not annotated"
    return f"by {header.tagger} on {header.object[:7]}"


def _plan_data(project: Project, commits: Sequence[str]) -> DataPush:
    outputs = _outputs(project, commits)
    if not outputs:
        return DataPush(step="skipped", reason="DVC tracks no outputs")
    from mlgit.adapters.dvc.engine import has_remote, missing_in_remote

    if not has_remote(project.root):
        reason = "no default DVC remote is configured (`dvc remote add -d NAME URL`)"
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

    outputs = _outputs(project, _commits(plan.branch.new, plan.tags))
    files = engine.push_outputs(project.root, outputs, progress)
    left = engine.missing_in_remote(project.root, outputs)
    if left:
        raise ToolError(
            f"{count(len(left), 'output')} could not be published: the content is not in this clone's cache",
            details=left,
            hint="run `dvc fetch` or `mlgit run`, or push from the clone that made them",
        )
    return files


def _push_branch(project: Project, remote: str, branch: BranchPush) -> None:
    """Push without force and with the user's own hooks."""
    argv = ["push", "--quiet", *(["--set-upstream"] if branch.sets_upstream else [])]
    done = project.git.try_run(
        *argv, "--no-follow-tags", remote, f"{_HEADS}{branch.name}:{branch.ref}", hooks=True
    )
    if done.returncode == 0:
        return
    details = tuple(line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip())
    now = _ask(project, remote).get(branch.ref or "")
    if now == branch.new:
        return
    if now != branch.old:
        raise LostRace(
            f"Somebody else pushed to `{remote}/{branch.name}` just now",
            details=details,
            hint=f"run `git pull --rebase {remote} {branch.name}`, look, then `mlgit push` again",
        )
    raise ToolError(f"`{remote}` did not take the branch `{branch.name}`", details=details)


def _push_tags(project: Project, remote: str, batch: Sequence[TagPush]) -> None:
    result = push_refs(project.git, remote, create={f"{TAGS}{tag.tag}": tag.oid for tag in batch})
    if result.outcome == "lost":
        raise _conflict(project, remote, {ref.removeprefix(TAGS): oid for ref, oid in result.theirs.items()})
    if remote == project.remote:
        record_seen(project, (tag.oid for tag in batch), at_remote=True)
