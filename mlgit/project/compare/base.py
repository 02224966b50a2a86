"""Base: the commit that a change is compared with if the user names none."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from mlgit.adapters.git.refs import cut_commits, is_ancestor, merge_bases, parents
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.record import record
from mlgit.core.registry.completeness import target_of_fork
from mlgit.core.trunk import target_missing
from mlgit.errors import MlgitError, UnknownReference
from mlgit.project.open import Branch
from mlgit.project.remote_commits import has_branches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.project.open import Project

Reason = Literal[
    "explicit",
    "merge_ref",
    "merge_request",
    "before_push",
    "merge_base",
    "several_merge_bases",
    "head",
    "parent",
    "no_commit",
    "root_commit",
    "unborn_branch",
    "unrelated_history",
    "history_too_shallow",
    "trunk_not_here",
]

RULES: Mapping[Reason, str] = {
    "explicit": "named by `--base`",
    "merge_ref": "the first parent of the merge that CI checked out",
    "merge_request": "`CI_MERGE_REQUEST_DIFF_BASE_SHA`",
    "before_push": "where the branch was before this push",
    "merge_base": "where this branch left {target}",
    "several_merge_bases": "the tip of {target}, which has several merge bases with this branch",
    "head": "the commit that is checked out",
    "parent": "the first parent of the commit that is checked",
    "no_commit": "there is no commit yet",
    "root_commit": "the commit that is checked is the first one",
    "unborn_branch": "the newest commit of {target}, because there is no commit yet on the branch here",
    "unrelated_history": "the newest commit of {target}, which has an unrelated history",
    "history_too_shallow": "this clone is too shallow to find it",
    "trunk_not_here": "trunk is not in this clone",
}
"""How the base was found, in words; `target` is the branch that a change is compared with."""


VALUE_FILES = (".json", ".yaml", ".yml", ".toml", ".csv", ".tsv")
"""What metric and parameter files end with."""
_MERGE_REF = re.compile(r"refs/pull/[0-9]+/merge")
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")


@record
class Base:
    """The commit to compare with, or None, and the reason in both cases."""

    commit: str | None
    reason: Reason


def target_of(project: Project, ci: Mapping[str, str]) -> Branch | None:
    """The branch that the change will be merged into: the one that CI names, otherwise the project's.

    Raises:
        StateError: the branch that CI names is not in this clone.
    """
    name = next((ci[variable] for variable in _TARGETS if ci.get(variable)), None)
    if name is not None:
        require_target(project, name, ci)
    ref = f"refs/remotes/{project.remote}/{name}"
    return Branch(ref=ref, commit=project.branches[ref]) if ref in project.branches else project.target


def branch_names(project: Project, branch: Branch) -> tuple[str, str]:
    """A branch's name for people and for commands: in full where git takes the short one for another ref."""
    before = [f"{kind}{branch.short}" for kind in ("refs/tags/", "refs/heads/")]
    taken = any(project.commit(ref) for ref in before if ref != branch.ref)
    return branch.short, branch.ref if taken else branch.short


def require_target(project: Project, name: str, ci: Mapping[str, str]) -> None:
    """Refuse to compare with trunk what will be merged into another branch.

    Where GitLab runs the pipeline in a fork, the branches are the fork's.

    Raises:
        StateError: the remote's branch of this name is not in this clone.
    """
    remote = project.remote
    here = f"refs/remotes/{remote}/{name}" in project.branches
    if remote is not None and not here and target_of_fork(ci) is None:
        raise target_missing(remote, name)


def base_commit(
    project: Project, *, candidate: str | None, explicit: str | None, ci: Mapping[str, str]
) -> Base:
    """The base: `explicit` (the value of `--base`), otherwise from CI, otherwise from the local history.

    `candidate` is a full commit id, None for the working tree.

    Raises:
        UnknownReference: `explicit` is not a commit.
    """
    if explicit is not None:
        commit = project.commit(explicit)
        if commit is None:
            raise UnknownReference(f"`{explicit}` is not a revision of this repository")
        return Base(commit=commit, reason="explicit")
    here = candidate or project.head.commit
    if here is None:
        return _of_unborn(project, target_of(project, ci))
    found = _in_ci(project, here, ci)
    return found or _locally(project, here, target_of(project, ci), of_worktree=candidate is None)


def _in_ci(project: Project, here: str, ci: Mapping[str, str]) -> Base | None:
    known = parents(project.objects, here) if made_by_forge(ci) == here else []
    source = ci.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
    if len(known) > 1 and (not source or source in known[1:]):
        return _known(project, known[0], "merge_ref")
    if ci.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        return _of_request(project, here, ci)
    before = before_push(ci)
    commit = None if before is None or not _on_trunk(project, here) else project.commit(before)
    if commit is not None and is_ancestor(project.git, commit, here):
        return Base(commit=commit, reason="before_push")
    return None


def made_by_forge(ci: Mapping[str, str]) -> str | None:
    """The commit that the forge itself made to try a request; None if it made none, or does not name it.

    It is a merge or, on GitLab, perhaps a squash or a rebase.
    """
    if ci.get("GITHUB_ACTIONS") == "true" and _MERGE_REF.fullmatch(ci.get("GITHUB_REF", "")):
        return ci.get("GITHUB_SHA")
    return ci.get("CI_COMMIT_SHA") if ci.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") else None


def _of_request(project: Project, here: str, ci: Mapping[str, str]) -> Base | None:
    """The base that GitLab names, if that is where this request left its target.

    The branches of a fork are its author's: there the base only has to come before the request.
    """
    found = _known(project, ci["CI_MERGE_REQUEST_DIFF_BASE_SHA"], "merge_request")
    target, base = target_of(project, ci), found.commit
    if base is None:
        return found
    if target_of_fork(ci) is not None:
        believed = is_ancestor(project.git, base, here)
    else:
        believed = target is not None and merge_bases(project.git, here, target.commit) == (base,)
    return found if believed and base != here else None


def _on_trunk(project: Project, here: str) -> bool:
    """Whether a commit is part of trunk: what was pushed to another branch before is the author's, too."""
    target = project.target
    return target is not None and is_ancestor(project.git, here, target.commit)


def _of_several(project: Project, here: str, base: str, target: Branch | None) -> Base | None:
    """The tip of the target, if the base is one of several: the change's author may have made each."""
    found = () if target is None else merge_bases(project.git, here, target.commit)
    if target is None or len(found) < 2 or base not in found:  # noqa: PLR2004 (several)
        return None
    return Base(commit=target.commit, reason="several_merge_bases")


def _known(project: Project, revision: str, reason: Reason) -> Base:
    commit = project.commit(revision)
    return Base(commit=commit, reason="history_too_shallow" if commit is None else reason)


def before_push(ci: Mapping[str, str]) -> str | None:
    """The branch's commit before the push that CI runs for; None if it is new or CI does not say."""
    before = ci.get("CI_COMMIT_BEFORE_SHA")
    event = ci.get("GITHUB_EVENT_PATH")
    if event and ci.get("GITHUB_EVENT_NAME") == "push":
        import json

        try:
            with open(event, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            document = None
        found = document.get("before") if isinstance(document, dict) else None
        before = found if isinstance(found, str) else None
    return before if before and set(before) != {"0"} else None


def _locally(project: Project, here: str, target: Branch | None, *, of_worktree: bool) -> Base:
    if target is None and not trunk_is_unborn(project):
        return Base(commit=None, reason="trunk_not_here")
    if target is not None and target.commit != here:
        common = merge_bases(project.git, here, target.commit)
        if common[:1] != (here,):
            return _of_branch(project, here, target, common)
    if of_worktree and (project.head.dirty or _new_values(project) or _other_data(project)):
        return Base(commit=here, reason="head")
    known = parents(project.objects, here)
    return _known(project, known[0], "parent") if known else Base(commit=None, reason="root_commit")


def _new_values(project: Project) -> bool:
    """Whether a file with numbers is here that git does not track yet, as of a new evaluation."""
    untracked = project.head.untracked
    if not any(path.endswith(("/", *VALUE_FILES)) for path in untracked):
        return False
    new = tuple(path for path in untracked if path.endswith("/"))
    return any(
        path.endswith(VALUE_FILES) and path != CONFIG_FILE and (path in untracked or path.startswith(new))
        for path in project.worktree.paths()
    )


def _other_data(project: Project) -> bool:
    """Whether data that only DVC tracks are other ones than HEAD records."""
    from mlgit.project.pipeline.evidence import evidence
    from mlgit.project.pipeline.local_files import differs_on_disk

    with suppress(MlgitError):  # callers that need the pipeline get this error themselves
        return differs_on_disk(project, evidence(project, None).pipeline)
    return False


def _of_unborn(project: Project, target: Branch | None) -> Base:
    """The base of a branch without a commit: its files are compared with the target as well."""
    if target is not None:
        return Base(commit=target.commit, reason="unborn_branch")
    return Base(commit=None, reason="no_commit" if trunk_is_unborn(project) else "trunk_not_here")


def _of_branch(project: Project, here: str, target: Branch, common: Sequence[str]) -> Base:
    """The base of a commit that the target does not have; `common` are their best common ancestors."""
    if not common:
        found = Base(commit=target.commit, reason="unrelated_history")
        return Base(commit=None, reason="history_too_shallow") if project.shallow else found
    if common[0] != target.commit and _may_be_later(project, common[0], here, target.commit):
        return Base(commit=None, reason="history_too_shallow")
    found = Base(commit=common[0], reason="merge_base")
    return _of_several(project, here, common[0], target) or found


def _may_be_later(project: Project, base: str, *tips: str) -> bool:
    """Whether the history after a common ancestor is cut off, which may hide a later one."""
    if not project.shallow:
        return False
    cut = cut_commits(project.common_dir)
    return not cut.isdisjoint(project.git.run_text("rev-list", *tips, f"^{base}").split())


def trunk_is_unborn(project: Project) -> bool:
    """Whether no branch can be trunk yet; False if only this clone lacks it, as after `--single-branch`."""
    if project.remote is None:
        return True
    if project.shallow or has_branches(project):
        return False
    try:
        return not os.path.getsize(os.path.join(project.git_dir, "FETCH_HEAD"))
    except OSError:
        return True


def ci_of_head(project: Project, candidate: str | None, ci: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of CI that are about the candidate.

    That are all if it is what CI checked out. If the job checked out another commit, only the target is left.
    """
    head = project.head.commit
    if candidate not in {None, head}:
        return {}
    if (ci.get("GITHUB_SHA") or ci.get("CI_COMMIT_SHA") or head) == head:
        return ci
    return {name: ci[name] for name in _TARGETS if name in ci}
