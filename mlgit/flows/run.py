"""Run: pull what is missing, run the pipeline, judge what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.running import Run
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.adapters.dvc.engine import Repro
    from mlgit.core.progress import Progress
    from mlgit.core.verdict import Check
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
    """Run stages (all when none is named) and everything before them that is stale.

    Args:
        project: the repository.
        stages: as DVC calls them from the root of the repository.
        pull: whether to fetch outputs that are recorded and not here.
        force: run also what is up to date.
        dry_run: only tell what would run.
        show: whether what the stages print is passed on to stderr.
        ci: environment variables, for the base in CI.
        progress: told what happens.

    Raises:
        ConfigError: dvc.yaml or mlgit.yaml is invalid.
        StateError: no DVC repository, or no such stage.
        ToolError: a stage failed (code `stage_failed`), or DVC did.
        KeyboardInterrupt: interrupted; nothing of the pipeline is running any more.
    """
    from mlgit.adapters.dvc import engine

    missing = engine.missing_here(project.root, stages)
    notes: list[str] = []
    pulled = _pull(project, missing, notes, progress) if pull and missing and not dry_run else ()
    options = [*(["--force"] if force else []), *(["--dry"] if dry_run else [])]
    done = engine.repro(project.root, stages, options=options, show=show)
    if done.status:
        raise _failed(done, show=show)
    return Run(
        dry_run=dry_run,
        stages=done.ran,
        pulled=pulled,
        check=None if dry_run else _judge(project, ci),
        notes=tuple(notes),
    )


def _pull(project: Project, missing: Sequence[str], notes: list[str], progress: Progress) -> tuple[str, ...]:
    """Ask the DVC remote; what it has not, the pipeline may be able to make."""
    from mlgit.adapters.dvc import engine

    try:
        engine.pull(project.root, missing, progress)
    except (ToolError, StateError) as error:
        notes.append("; ".join((f"not everything could be pulled: {error.message}", *error.details[:2])))
    lost = frozenset(engine.missing_here(project.root)) & frozenset(missing)
    if lost and not notes:
        notes.append(f"not in the DVC remote, to be made anew: {', '.join(sorted(lost))}")
    for note in notes:
        progress.say(note)
    return tuple(path for path in missing if path not in lost)


def _failed(done: Repro, *, show: bool) -> ToolError:
    own_words = tuple(line for line in done.last_lines if line.startswith("ERROR: "))
    # What was shown already is not told twice.
    details = own_words if show else done.last_lines
    if done.failed is None:
        return ToolError(f"`dvc repro` failed with exit code {done.status}", details=details)
    error = ToolError(
        f"Stage `{done.failed}` failed",
        details=details,
        hint="repair it and run `mlgit run` again: what is done already is not done twice",
    )
    error.code = "stage_failed"
    return error


def _judge(project: Project, ci: Mapping[str, str] | None) -> Check:
    """The verdict on the working tree as it is now: what was read before the run no longer holds."""
    from mlgit.operations.check import check
    from mlgit.project.open import open_project

    fresh = open_project(project.root, now=project.now)
    try:
        return check(fresh, ci=ci)
    finally:
        fresh.close()
