"""Fetch metrics: download metric files that DVC keeps, for the commits that gates compare.

In CI the DVC cache is empty after a checkout, and a gate blocks if its metric is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import ConfigError
from mlgit.project.pipeline.evidence import evidence, forget_evidence
from mlgit.project.registry.read import read_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.pipeline.stages import Output
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import ModelState, RegisteredVersion
    from mlgit.project.open import Project


def fetch_gate_metrics(project: Project, model: str, progress: Progress | None = None) -> None:
    """Fetch the metric files of HEAD and of the versions that this model's gates may compare it with.

    Raises:
        ToolError: the DVC remote failed.
    """
    state = read_model(project, model)
    latest = None if state.latest is None else state.latest.commit
    live = (each.commit for each in state.environments.values())
    fetch_metrics(project, (each for each in (project.head.commit, latest, *live) if each), progress)


def fetch_release_metrics(
    project: Project, state: ModelState, version: RegisteredVersion, progress: Progress | None = None
) -> None:
    """Fetch the metric files of a version and of those that its release may have been compared with.

    Raises:
        ToolError: the DVC remote failed.
    """
    lower = [each.commit for each in state.versions if each.version < version.version]
    fetch_metrics(project, (version.commit, *lower[-2:]), progress)


def fetch_metrics(project: Project, commits: Iterable[str], progress: Progress | None = None) -> bool:
    """Fetch the missing metric files of these commits that DVC keeps; returns whether there were any.

    Raises:
        ToolError: the DVC remote failed.
    """
    lacking = [output for commit in dict.fromkeys(commits) for output in _lacking(project, commit)]
    if not lacking:
        return False
    from mlgit.adapters.dvc.engine import fetch_outputs, has_remote

    if not has_remote(project.root) or not fetch_outputs(project.root, lacking, progress):
        return False
    forget_evidence(project)
    return True


def _lacking(project: Project, commit: str) -> list[Output]:
    """The outputs whose metric files a gate could not read at a commit."""
    try:
        found = evidence(project, commit, staleness=False)
    except ConfigError:  # callers that need that commit get this error themselves
        return []
    absent = [
        file.path
        for file in found.metric_files
        if any(problem.code == "not_fetched" for problem in file.problems)
    ]
    return [
        output
        for output in found.pipeline.outputs
        if any(path == output.path or path.startswith(f"{output.path}/") for path in absent)
    ]
