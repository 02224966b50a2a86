"""Run: pull what is missing, run the pipeline, check the gates on the result."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.operations import run as pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import Check
    from mlgit.core.overview.run import Run
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
    """Run stages (all if none is named) and every stale stage before them, then check the gates.

    `ci` are environment variables, for the base in CI; the other arguments and errors are those of
    `mlgit.operations.run`.
    """
    done = pipeline.run(
        project, stages, pull=pull, force=force, dry_run=dry_run, show=show, progress=progress
    )
    return done if dry_run else replace(done, check=_check(project, ci))


def _check(project: Project, ci: Mapping[str, str] | None) -> Check:
    """The verdict on the working tree as it is now: `project` read it before the run."""
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question
    from mlgit.project.opening import open_project

    with closing(open_project(project.root, now=project.now, default_branch=project.default_branch)) as fresh:
        return check(fresh, Question(ci=ci))
