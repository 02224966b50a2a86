"""Left behind: put the recorded content in place of that of another branch or commit."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Literal

from mlgit.core.pipeline.model_files import meets, stages_before
from mlgit.core.wording import count, word
from mlgit.errors import MlgitError, StateError, ToolError
from mlgit.project.opening import open_project
from mlgit.project.overview.before_run.damaged import drop_damaged
from mlgit.project.overview.before_run.lost_data import lost_data
from mlgit.project.overview.data_states import data_states
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.overview.status import DataState
    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

Edited = Literal["keep", "refuse", "replace"]


def replace_left_behind(
    project: Project, stages: Sequence[str], *, edited: Edited, pull: bool, progress: Progress
) -> tuple[str, ...]:
    """The paths that were replaced, as far as these stages need them.

    After `git pull`, `dvc repro` would take a colleague's update back: it records the data that is here.
    `edited` is about data that no branch or former commit has: keep it for DVC to record, refuse it because
    results of it would be committed without it, or replace it if DVC has it in its cache.

    Raises:
        StateError: such data cannot be replaced or is refused.
        ToolError: the DVC remote failed.
    """
    found = _differing(project, stages)
    old = [each for each in found if each.found_in is not None or (edited == "replace" and _tracked(each))]
    failure = _put_back(project, stages, old, progress) if old and pull else None
    left = _differing(project, stages) if old and pull else found
    stuck = [each for each in left if _tracked(each) and (each.found_in is not None or edited != "keep")]
    if stuck:
        raise _refusal(project, stuck, failure, pulled=pull)
    names = {each.path for each in left}
    return tuple(each.path for each in old if each.path not in names)


def _put_back(
    project: Project, stages: Sequence[str], old: Sequence[DataState], progress: Progress
) -> MlgitError | None:
    """Fetch and check out; the error of a remote. What it does not have stays as it is."""
    from mlgit.adapters.dvc import engine

    failure: MlgitError | None = None
    wanted = {each.path for each in old}
    lacking = [each.path for each in old if not each.in_cache]
    try:
        if lacking:
            engine.fetch(project.root, lacking, progress)
    except (ToolError, StateError) as error:
        failure = error
    ready = [each.path for each in _differing(project, stages) if each.path in wanted and each.in_cache]
    try:
        if ready:
            engine.pull(project.root, ready, progress)
            drop_damaged(project, ready)  # what is missing then is fetched again, or refused
    except (ToolError, StateError) as error:  # it would overwrite a file that is in no cache
        failure = failure or error
    return failure


def _differing(project: Project, stages: Sequence[str]) -> list[DataState]:
    """The modified outputs, read again: an earlier step may have checked out another commit."""
    with closing(open_project(project.root, now=project.now, default_branch=project.default_branch)) as fresh:
        state = evidence(fresh, None, staleness=False)
        states = data_states(fresh, state)
    return [
        each
        for each in states
        if each.workspace == "modified" and (not stages or _needed(each, stages, state.pipeline))
    ]


def _needed(data: DataState, stages: Sequence[str], pipeline: Pipeline) -> bool:
    before = frozenset[str]().union(*(stages_before(stage, pipeline) for stage in stages))
    return any(
        data.owner == stage.address or any(meets(data.path, dep) for dep in stage.deps)
        for stage in pipeline.stages
        if stage.address in before
    )


def _tracked(data: DataState) -> bool:
    """Whether a .dvc file records it, which DVC changes to what is here."""
    return data.owner.endswith(".dvc")


def _refusal(
    project: Project, stuck: Sequence[DataState], failure: MlgitError | None, *, pulled: bool
) -> MlgitError:
    first = next((each for each in stuck if each.found_in is not None), stuck[0])
    others = f" (and {count(len(stuck) - 1, 'other')})" if len(stuck) > 1 else ""
    path, recorded = first.path, f"the content that `{first.owner}` records"
    details = () if failure is None else (failure.message,)
    if first.found_in is None:
        return StateError(
            f"`{path}`{others} is not {recorded}, so results of it would not fit the commit",
            hint=f"run `dvc add {word(path)}` and commit, or `dvc checkout {word(path)}` to drop the change",
            details=details,
        )
    what = f"`{path}`{others} is still that of `{first.found_in}`, not {recorded}"
    if first.in_cache:
        return StateError(what, hint=f"run `dvc checkout {word(path)}`", details=details)
    if pulled:
        return lost_data(project, [path], failure, what=what)
    return StateError(what, hint=f"run `dvc pull {word(path)}`", details=details)
