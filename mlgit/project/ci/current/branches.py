"""Branches: a job with a kept clone has its target, and the branches that gates name, as they are now.

A runner may keep its clone and fetch only the commit of the run. Then the target here, with its rules and
waivers, is of an earlier time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.push import fetch_refs, list_remote_refs
from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.runner.event import read_event
from mlgit.core.registry.completeness import REMOTE_TAGS, in_ci, target_of_fork
from mlgit.core.trunk import HEADS, branch_gone, branch_not_asked, target_behind
from mlgit.errors import ToolError
from mlgit.project.registry.remote.listing import list_command, listed_heads
from mlgit.project.trust.compared import compared_branches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.project.open import Project


def fetch_in_ci(project: Project, ci: Mapping[str, str]) -> None:
    """Fetch the target if the event names a commit that it lacks here, and branches that gates compare with.

    Does nothing outside of CI, and in the pipeline of a fork, whose branches are its author's.

    Raises:
        StateError: such a branch is older here, or may be, and the remote does not answer.
    """
    remote = project.remote
    if remote is None or not in_ci(ci) or target_of_fork(ci) is not None:
        return
    _fetch_target(project, remote, ci)
    _fetch_compared(project, remote, ci)


def _fetch_target(project: Project, remote: str, ci: Mapping[str, str]) -> None:
    event = read_event(ci)
    name = None if event is None else event.base_branch or event.default_branch
    here = project.branches.get(f"refs/remotes/{remote}/{name}")
    if event is None or name is None or here is None:
        return
    lacks = next((each for each in event.target_has if not _has(project, here, each)), None)
    if lacks is None:
        return
    trunk = project.trunk_here
    prefix = f"refs/remotes/{remote}/"
    trunks = [] if trunk is None or not trunk.ref.startswith(prefix) else [trunk.ref.removeprefix(prefix)]
    try:
        _fetch(project, remote, {name, *trunks})
    except ToolError as error:
        raise target_behind(remote, name, lacks) from error


def _has(project: Project, tip: str, commit: str) -> bool:
    return tip == commit or (project.commit(commit) is not None and is_ancestor(project.git, commit, tip))


def _fetch_compared(project: Project, remote: str, ci: Mapping[str, str]) -> None:
    names = compared_branches(project)
    if not names:
        return
    file = ci.get(REMOTE_TAGS)
    there = listed_heads(project, file, names) if file else None
    if there is None:
        there = _asked(project, remote, names)
    here = {name: project.branches.get(f"refs/remotes/{remote}/{name}") for name in there}
    gone = sorted(
        name for name in names - there.keys() if f"refs/remotes/{remote}/{name}" in project.branches
    )
    if gone:
        raise branch_gone(remote, gone[0])
    other = sorted(name for name, commit in there.items() if here[name] != commit)
    try:
        if other:
            _fetch(project, remote, other)
    except ToolError as error:
        raise target_behind(remote, other[0], there[other[0]]) from error


def _asked(project: Project, remote: str, names: Collection[str]) -> Mapping[str, str]:
    refs = [HEADS + name for name in sorted(names)]
    try:
        found = list_remote_refs(project.git, remote, refs)
    except ToolError as error:
        raise branch_not_asked(remote, min(names), repair=list_command(remote)) from error
    return {ref.removeprefix(HEADS): commit for ref, commit in found.items() if ref in refs}


def _fetch(project: Project, remote: str, names: Collection[str]) -> None:
    fetch_refs(
        project.git, remote, [f"+{HEADS}{name}:refs/remotes/{remote}/{name}" for name in sorted(names)]
    )
    target = vars(project).get("target")
    project.forget_refs()
    if target is not None:
        project.set_target(target.ref.removeprefix(f"refs/remotes/{remote}/"))
