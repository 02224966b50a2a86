"""Lost data: why recorded content could not be fetched, and who may still have it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mlgit.errors import MlgitError, StateError, ToolError
from mlgit.project.opening import open_project
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.remote_data import remote_data

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgit.core.pipeline.remote_data import RemoteData
    from mlgit.project.open import Project


def lost_data(
    project: Project, paths: Collection[str], failure: MlgitError | None, *, what: str
) -> MlgitError:
    """The error about data that no stage makes and that was not fetched; `what` is its first sentence.

    `failure` is the error of the pull, if it failed.
    """
    found, failures = (None, ()) if failure is not None else _remote(project, paths)
    failure = failure or next(iter(failures), None)
    if failure is not None:
        kind = StateError if isinstance(failure, StateError) else ToolError
        return kind(f"{what}: {failure.message}", hint=failure.hint, details=failure.details)
    notes = () if found is None else found.notes
    if notes:
        return StateError(what, hint="run `mlgit status --remote`", details=notes)
    lacking = {each.path: each for each in found.outputs} if found else {}
    if lacking.keys().isdisjoint(paths):
        return damaged_data(f"{what}, and DVC did not take what the DVC remote has, which may be damaged")
    if not all(path in lacking and lacking[path].presence == "missing" for path in paths):
        return StateError(f"{what}, and not all of the content is here", hint="run `mlgit status --remote`")
    recorded = next((each.recorded for each in found.outputs if each.recorded), None) if found else None
    who = "" if recorded is None else f": {recorded.author} recorded it in `{recorded.commit[:7]}`"
    return StateError(
        f"{what}, and neither this machine nor the DVC remote has the content",
        hint=f"run `dvc push` where it still is{who}",
    )


def damaged_data(what: str) -> StateError:
    """The error about data that the DVC remote has, and not as it is recorded."""
    return StateError(what, hint="run `dvc push` where it still is whole, after removing it from the remote")


def why_lost(project: Project, paths: Collection[str]) -> str:
    """Why the DVC remote gave nothing for these outputs."""
    found, failures = _remote(project, paths)
    reasons = (*(each.message for each in failures), *found.notes)
    lacking = {each.path: each.presence for each in found.outputs}
    if {lacking.get(path) for path in paths} == {"private"}:
        return "kept out of the DVC remote (`push: false`)"
    is_known = all(lacking.get(path) == "missing" for path in paths)
    return next(iter(reasons), "not in the DVC remote" if is_known else "not fetched from the DVC remote")


def _remote(project: Project, paths: Collection[str]) -> tuple[RemoteData, tuple[MlgitError, ...]]:
    with closing(open_project(project.root, now=project.now, default_branch=project.default_branch)) as fresh:
        return remote_data(fresh, evidence(fresh, None, staleness=False), paths=paths)
