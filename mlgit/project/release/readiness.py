"""Readiness: the conditions that a commit must meet to become a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.push import BranchMove
from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.git.tags.objects import user_identity
from mlgit.adapters.git.tags.signing import make_signed_commit, signs_commits
from mlgit.core.registry.completeness import repair
from mlgit.core.registry.moves import departure
from mlgit.core.wording import first, word
from mlgit.errors import StateError
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.metric_origin import CONFIRM, way_out, what_it_takes
from mlgit.project.pipeline.proof import fetch_inputs
from mlgit.project.registry.completeness import clone_facts
from mlgit.project.registry.models import declared_models, model_content, version_content
from mlgit.project.release.provenance import output_of, upstream_stages
from mlgit.project.trust.default_branch import trunk_tips
from mlgit.project.trust.trunk_line import TrunkLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.pipeline.evidence import StageState
    from mlgit.core.pipeline.stages import Output
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import Change, EnvironmentState, ModelState, RegisteredVersion
    from mlgit.project.open import Project

_SHOWN = 5
_HEADS = "refs/heads/"


def require_clean(project: Project) -> str:
    """HEAD, if no tracked file differs from it.

    Raises:
        StateError: there is no commit, or a tracked file differs from it.
    """
    head = project.head
    if head.commit is None:
        raise StateError("There is no commit yet", hint="commit the model's pointers first")
    changed = tuple(dict.fromkeys((*head.conflicted, *head.changed, *project.worktree.unseen())))
    if changed:
        hint = "commit or stash the changes first"
        if head.conflicted:  # git commits and stashes nothing before they are resolved
            hint = "resolve the conflicts first; `mlgit status` shows the next step"
        raise StateError("The working tree differs from HEAD", hint=hint, details=first(changed))
    return head.commit


def require_fresh(project: Project, path: str | None, *, commit: str | None = None) -> None:
    """Refuse a model if a stage that makes or measures it would run again.

    With `commit`, only committed files count, not the data on this machine.

    Raises:
        StateError: a stage would run, or whether it would is not known, or a model that no stage makes
            differs from its `.dvc` file.
    """
    fetch_inputs(project, commit)
    found = evidence(project, commit)
    mine = {stage.address for stage in upstream_stages(found.pipeline, path)}
    output = output_of(found.pipeline, path)
    if output is not None and output.owner not in mine:
        _require_tracked(output, found.stages)
    stale = [state for state in found.stages if (state.stale or state.unproven) and state.address in mine]
    if stale:
        details = []
        for state in stale:
            why = [*state.reasons, *(f"upstream {address}" for address in state.upstream), *state.unproven]
            details.append(f"{state.address}: {', '.join(why)}")
        raise StateError(
            "The pipeline is stale: the model does not match its inputs",
            hint=f"{_way_on(stale)}, then release",
            details=tuple(details[:_SHOWN]),
        )
    for state in found.stages:
        if state.unknown and state.address in mine:
            text = f"Whether stage `{state.address}` is up to date is not known here"
            raise StateError(text, hint=what_it_takes(state), details=first(state.unknown))


def _require_tracked(output: Output, states: Sequence[StageState]) -> None:
    """Refuse a model that differs from its `.dvc` file."""
    for state in states:
        if state.address != output.owner:
            continue
        if state.unknown:
            raise StateError(
                f"Whether `{output.path}` is what `{output.owner}` says is not known here",
                hint=what_it_takes(state),
                details=state.unknown,
            )
        if state.stale:
            raise StateError(
                f"`{output.path}` differs from what `{output.owner}` records",
                hint=f"run `dvc add {word(output.path)}` and commit it, "
                f"or `dvc checkout {word(output.path)}`",
                details=state.reasons,
            )


def _way_on(stale: Sequence[StageState]) -> str:
    unproven = next((state for state in stale if state.unproven), None)
    runs = any(state.stale for state in stale) or unproven is None
    way = "run `mlgit run`" if runs or unproven is None else way_out(unproven)
    # The confirmation of what git merged is a commit of its own, with nothing else to commit.
    return f"{way}, then `mlgit push`" if way == CONFIRM else f"{way}, commit the results"


def require_published(project: Project, model: str, commit: str, *, final: bool, local: bool) -> None:
    """Require a final version on trunk and a pre-release on any branch, with a remote on the remote's branch.

    With `local`, this clone's own branch with trunk's name also counts: `mlgit push` publishes it later.

    Raises:
        StateError: the commit is not there.
    """
    trunk = project.trunk
    tracking = None if project.remote is None else f"refs/remotes/{project.remote}/"
    refs = {ref for ref in project.branches if tracking is not None and ref.startswith(tracking)}
    if tracking is None or local:
        refs |= {ref for ref in project.branches if ref.startswith(_HEADS)}
    if final:
        name = "" if trunk is None else branch_name(project, trunk.ref)
        refs &= {f"{_HEADS}{name}", f"refs/remotes/{project.remote}/{name}"}
    if any(is_ancestor(project.git, commit, project.branches[ref]) for ref in refs):
        if final:
            _require_trunks(project, model, commit, local=local)
        return
    where = "trunk" if trunk is None else f"`{trunk.short}`"
    if trunk is not None and project.remote is not None and trunk.ref.startswith(_HEADS):
        where = f"`{project.remote}/{trunk.short}`"
    if not final:
        raise _not_pushed(project, commit)
    hint = "merge it" if project.remote is None else "push or merge it there"
    raise StateError(
        f"HEAD ({commit[:7]}) is not on {where}, where versions are released",
        hint=f"{hint}, or release a pre-release with `--pre rc`",
    )


def _require_trunks(project: Project, model: str, commit: str, *, local: bool) -> None:
    """Require a commit that trunk's tip was, with gates and the model that trunk had."""
    line = TrunkLine(project, trunk_tips(project, local=local or project.remote is None))
    if not line.had_gates_of(commit):
        shown = "trunk had its gates"
    elif not line.was_tip(commit):
        shown = "trunk's tip was there"
    elif not line.had_model_of(model, commit):
        shown = "trunk had its model"
    else:
        return
    raise StateError(
        f"HEAD ({commit[:7]}) came to trunk by a merge, and nothing in Git shows that {shown}",
        hint="switch to trunk's newest commit and release that",
    )


def trunk_notes(project: Project, version: Version) -> tuple[str, ...]:
    """A note if only this clone's setting makes trunk of the branch where a final version is released."""
    trunk, remote = project.trunk, project.remote
    if project.settings.trunk is None or trunk is None or remote is None or not version.final:
        return ()
    usual = project.git.try_text("symbolic-ref", "-q", f"refs/remotes/{remote}/HEAD")
    if usual == trunk.ref:
        return ()
    name = branch_name(project, trunk.ref)
    return (f"a clone without `mlgit.trunk` does not count this version until `{name}` is merged",)


def _not_pushed(project: Project, commit: str) -> StateError:
    clone = clone_facts(project)
    if any(each.kind == "narrow" for each in clone.obstacles):
        return StateError(
            f"HEAD ({commit[:7]}) is not on a branch of `{clone.remote}` that this clone fetches",
            hint=f"run `{repair(clone, branches=True)}`; if it is not there, run `mlgit push`",
        )
    return StateError(f"HEAD ({commit[:7]}) is not on a pushed branch", hint="run `mlgit push`")


def branch_name(project: Project, ref: str) -> str:
    """The name of a branch on its remote and usually also here: `main`, `team/main`."""
    return ref.removeprefix(_HEADS).removeprefix(f"refs/remotes/{project.remote}/")


def same_model(
    project: Project, state: ModelState, commit: str, path: str | None, *, final: bool
) -> RegisteredVersion | None:
    """The newest version, not deregistered, whose model has the same content as the commit's model.

    For a final version, pre-releases do not count.
    """
    mine = model_content(project, commit, path)
    if mine is None:
        return None
    usable = (each for each in reversed(state.versions) if not each.deregistered)
    wanted = (each for each in usable if each.version.final or not final)
    return next((each for each in wanted if version_content(project, each, path, like=mine) == mine), None)


def rejected_model(
    project: Project, state: ModelState, commit: str, path: str | None
) -> RegisteredVersion | None:
    """The deregistered version with the content of the commit's model, unless a newer one has it."""
    mine = model_content(project, commit, path)
    if mine is None or not any(each.withdrawn for each in state.versions):
        return None
    versions = reversed(state.versions)
    newest = next(
        (each for each in versions if version_content(project, each, path, like=mine) == mine), None
    )
    return newest if newest is not None and newest.withdrawn else None


def bad_twin(
    project: Project, state: ModelState, here: EnvironmentState, version: RegisteredVersion
) -> tuple[RegisteredVersion, Change | None] | None:
    """The newest other version with the same model that is deregistered, or that left an environment.

    With the change by which it left; None if it is deregistered.
    """
    left = [(each, departure(each.commit, here)) for each in reversed(state.versions)]
    bad = [(each, change) for each, change in left if each.withdrawn or change is not None]
    bad = [
        (each, None if each.withdrawn else change) for each, change in bad if each.commit != version.commit
    ]
    if not bad:
        return None
    path = declared_models(project, version.commit).get(version.model)
    mine = model_content(project, version.commit, path)
    if mine is None:
        return None
    return next((each for each in bad if version_content(project, each[0], path, like=mine) == mine), None)


def require_movable(project: Project, *, final: bool, local: bool) -> None:
    """Require HEAD to be the tip of a branch that can take a commit: trunk, or any branch for a pre-release.

    Raises:
        StateError: it is not.
    """
    trunk = project.trunk
    branch, commit = _tip(project)
    name = branch if trunk is None else branch_name(project, trunk.ref)
    if final and branch != name:
        raise StateError(
            f"A commit for a version would go to `{branch}`, and versions are released on `{name}`",
            hint=f"run `git switch {word(name)}`, or release a pre-release with `--pre rc`",
        )
    if local or project.remote is None:
        return
    place = f"{project.remote}/{branch}"
    if project.branches.get(f"refs/remotes/{place}") != commit:
        raise StateError(
            f"HEAD ({commit[:7]}) is not the tip of `{place}`, where the commit would go",
            hint=f"run `git pull --tags {word(project.remote)} {word(branch)}` or `mlgit push` first",
        )


def _tip(project: Project) -> tuple[str, str]:
    """The branch that is checked out, and its commit."""
    head = project.head
    if head.branch is None or head.commit is None:
        raise StateError("HEAD is not on a branch that could get a commit", hint="check out a branch first")
    return head.branch, head.commit


def empty_commit(project: Project, subject: str, *, write: bool) -> BranchMove:
    """Make a commit after HEAD with the same files, for a branch that is not moved yet.

    Raises:
        StateError: HEAD is on no branch.
        ToolError: git could not sign the commit.
    """
    branch, parent = _tip(project)
    tree = project.git.run_text("rev-parse", f"{parent}^{{tree}}")
    second = int(project.now.timestamp())
    ref = f"{_HEADS}{branch}"
    if write and signs_commits(project.git):
        signed = make_signed_commit(
            project.git, tree=tree, parent=parent, message=f"{subject}\n", at_s=second
        )
        return BranchMove(ref=ref, old=parent, new=signed)
    who = [
        f"{role} {user_identity(project.git, variable)} {second} +0000"
        for role, variable in (("author", "GIT_AUTHOR_IDENT"), ("committer", "GIT_COMMITTER_IDENT"))
    ]
    content = "\n".join([f"tree {tree}", f"parent {parent}", *who, "", subject, ""])
    keep = ("-w",) if write else ()
    made = project.git.run("hash-object", "-t", "commit", *keep, "--stdin", stdin=content.encode())
    return BranchMove(ref=ref, old=parent, new=made.decode().strip())
