"""Data states: the outputs that differ from their recorded content on disk or in the cache."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.declared import PIPELINE_FILE
from mlgit.core.overview.status import DataState, NextStep, Status
from mlgit.core.wording import word
from mlgit.project.deploy.targets import can_deploy
from mlgit.project.history import join_command
from mlgit.project.pipeline.git_files import cached_and_tracked
from mlgit.project.pipeline.local_files import cache_of, hashes_on_disk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project

    Workspace = Literal["same", "modified", "absent", "new"]


def data_states(project: Project, state: Evidence) -> tuple[DataState, ...]:
    """The outputs that are new, modified, absent or not in the cache."""
    on_disk = hashes_on_disk(project)
    found = []
    others: dict[str, tuple[str, str]] = {}
    for out in state.pipeline.outputs:
        if not out.cached or "://" in out.path:
            continue
        pointer = out.pointer
        if pointer is None:
            workspace: Workspace = "new" if on_disk.exists(out.path) else "absent"
            found.append(DataState(path=out.path, owner=out.owner, workspace=workspace, in_cache=None))
            continue
        md5 = on_disk.md5(out.path, legacy=pointer.legacy)
        workspace = "absent" if md5 is None else "same" if md5 == pointer.md5 else "modified"
        cache = cache_of(project, out.path)
        in_cache = None if cache is None else cache.complete(pointer, on_disk.index)
        if workspace == "modified" and md5 is not None:
            others[out.path] = (out.owner, md5)
        if workspace != "same" or in_cache is False:
            found.append(DataState(path=out.path, owner=out.owner, workspace=workspace, in_cache=in_cache))
    on_disk.save()
    if others:
        from mlgit.project.overview.found_in import found_in

        names = found_in(project, others)
        return tuple(replace(each, found_in=names.get(each.path)) for each in found)
    return tuple(found)


def can_pull(project: Project, pipeline: Pipeline, data: Sequence[DataState]) -> bool:
    """Whether there is a DVC remote for one of the outputs to fetch; also if there are none."""
    outputs = {out.path: out for out in pipeline.outputs}
    lost = [each.path for each in data if each.lost or (each.found_in and not each.in_cache)]
    for path in lost:
        out, cache = outputs.get(path), cache_of(project, path)
        if out is None or out.remote or out.source or (cache is not None and cache.remote):
            return True
    return not lost


def publishing(
    project: Project, registry: Registry | None, found: Status, step: NextStep | None
) -> NextStep | None:
    """The step, or another one.

    A push may keep every tag here, a pull bring back what a rebase replaced, a deployment lack its rules, and
    DVC refuse to run a stage.
    """
    step = _before_a_run(project, found, step)
    tags, ref = found.unpushed_tags, f"refs/remotes/{found.remote}/{found.branch}"
    if step is not None and step.command.startswith("git pull ") and found.remote and found.branch:
        theirs = project.branches.get(ref) if ref == f"refs/remotes/{found.upstream}" else None
        if theirs is None:
            return step
        command, replaces = join_command(project, found.remote, found.branch, theirs=theirs)
        reason = f"{found.upstream} has this branch as it was before it was rewritten"
        return NextStep(command=command, reason=reason) if replaces else step
    if step is not None and step.command.startswith("mlgit deploy ") and not can_deploy(project):
        return NextStep(command="mlgit doctor", reason="trunk's rules are invalid")
    if step is None or step.command != "mlgit push" or found.ahead or not tags or registry is None:
        return step
    from mlgit.project.release.model_data import kept_back

    facts = (fact for state in registry.models.values() for fact in state.facts)
    kept = kept_back(project, facts, tags)
    if kept is None:
        return step
    return NextStep(command="mlgit doctor", reason=f"`{kept.tag}` stays here: there is no DVC remote")


def _before_a_run(project: Project, found: Status, step: NextStep | None) -> NextStep | None:
    """The step; instead of a run that DVC would refuse, the command that takes an output from Git."""
    if step is None or step.command != "mlgit run":
        return step
    both = cached_and_tracked(project, {stage.address for stage in found.stale})
    reason = f"Git tracks `{both}`, which DVC should cache, so DVC refuses to run its stage"
    return step if both is None else NextStep(command=f"git rm -r --cached {word(both)}", reason=reason)


def unseen_owners(project: Project, outputs: Sequence[DataState] | Sequence[Output]) -> frozenset[str]:
    """The owners of outputs whose .dvc or dvc.yaml file Git has and ignores: DVC passes over it."""
    files = {each.owner: declared_in(each.owner) for each in outputs}
    if not files:
        return frozenset()
    options = ("-z", "--full-name", "--cached", "--ignored", "--exclude-standard")
    specs = [f":(top,literal){file}" for file in dict.fromkeys(files.values())]
    ignored = {*map(os.fsdecode, project.git.run("ls-files", *options, "--", *specs).split(b"\0"))}
    return frozenset(owner for owner, file in files.items() if file in ignored)


def declared_in(owner: str) -> str:
    """The .dvc or dvc.yaml file of an output's owner, which is that file or the address of a stage."""
    return owner if owner.endswith(".dvc") else owner.rpartition(":")[0] or PIPELINE_FILE
