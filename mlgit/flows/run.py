"""Run: pull what is missing, run the pipeline, judge what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.overview.run import Run
from mlgit.operations import run as pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import Check
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project


def run(
    project: Project,
    stages: Sequence[str] = (),
    *,
    pull: bool = True,
    force: bool = False,
    dry_run: bool = False,
    show: bool = True,
    ci: Mapping[str, str] | None = None,
    progress: Progress,
) -> Run:
    """Run stages (all when none is named) and everything before them that is stale, then the gates.

    `ci` are environment variables, for the base in CI; the rest, and what may go wrong, is as in
    `mlgit.operations.run`.
    """
    done = pipeline.run(
        project, stages, pull=pull, force=force, dry_run=dry_run, show=show, progress=progress
    )
    return Run(
        dry_run=dry_run,
        stages=done.stages,
        pulled=done.pulled,
        check=None if dry_run else _judge(project, ci),
        notes=done.notes,
    )


def _judge(project: Project, ci: Mapping[str, str] | None) -> Check:
    """The verdict on the working tree as it is now: what was read before the run no longer holds."""
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question
    from mlgit.project.opening import open_project

    fresh = open_project(project.root, now=project.now, default_branch=project.default_branch)
    try:
        return check(fresh, Question(ci=ci))
    finally:
        fresh.close()
