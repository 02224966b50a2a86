"""Run: pull what is missing, run the pipeline, check the gates on the result."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.operations import run as pipeline
from mlgit.project.pipeline.merged_records import confirm
from mlgit.project.pipeline.proof import merged_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.core.gates.verdict import Check
    from mlgit.core.overview.run import Run
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project


def run(  # noqa: PLR0913 (the options of the command)
    project: Project,
    stages: Sequence[str] = (),
    *,
    pull: bool = True,
    force: bool = False,
    dry_run: bool = False,
    show: bool = True,
    commit: bool = False,
    folder: str = "",
    ci: Mapping[str, str] | None = None,
    progress: Progress,
) -> Run:
    """Run stages (all if none is named) and every stale stage before them, then check the gates.

    `stages` are as typed in `folder`, which is from the root. A stage whose entry git merged runs as well.
    `commit` commits the results; if such an entry is still the same, the commit's message says so. `ci` are
    environment variables, for the base in CI; the rest is as in `mlgit.operations.run`.
    """
    if commit and not dry_run:
        _require_committable(project)
    stages, merged = pipeline.addresses(project, stages, folder), merged_entries(project)
    again = [stage for stage in merged if not stages or stage in stages]
    done = pipeline.run(
        project,
        stages,
        pull=pull,
        force=force,
        dry_run=dry_run,
        show=show,
        again=again,
        edited="refuse" if commit else "keep",
        progress=progress,
    )
    if dry_run:
        return done
    entries = {stage: merged[stage] for stage in again}
    committed = _commit(project, entries) if commit else None
    return replace(done, check=_check(project, entries, ci), committed=committed)


def _require_committable(project: Project) -> None:
    from mlgit.adapters.git.branch import require_identity
    from mlgit.project.release.readiness import require_clean

    require_clean(project)
    require_identity(project.git)


def _commit(project: Project, entries: Mapping[str, str]) -> str | None:
    from mlgit.project.ci.results_commit import commit_results

    with _fresh(project) as fresh:
        return commit_results(fresh, entries, by="mlgit run --commit")


def _check(project: Project, entries: Mapping[str, str], ci: Mapping[str, str] | None) -> Check:
    """The verdict on the working tree as it is now: `project` read it before the run."""
    from mlgit.operations.check import check
    from mlgit.project.gates.judge import Question

    with _fresh(project) as fresh:
        left = [stage for stage in merged_entries(fresh) if stage in entries] if entries else []
        confirm(fresh, entries)
        found = check(fresh, Question(ci=ci))
        dirty = bool(fresh.head.changed)
    return _with_unconfirmed(found, left, dirty=dirty) if left else found


def _with_unconfirmed(found: Check, stages: Sequence[str], *, dirty: bool) -> Check:
    """The check with a warning about entries that this run confirmed, and no commit: `mlgit check` blocks."""
    from mlgit.core.gates.verdict import Note, with_notes
    from mlgit.project.pipeline.declared import record_file

    first = "commit the changes, then " if dirty else ""
    notes = [
        Note(
            code="merge_not_confirmed",
            message=f"Git merged the entry of stage `{stage}` in {record_file(stage)}; "
            "this run gave the same, but no commit confirms it yet",
            effect="warn",
            hint=f"{first}run `mlgit run --commit`; `mlgit check` blocks until then",
        )
        for stage in stages
    ]
    return replace(found, verdict=with_notes(found.verdict, notes))


def _fresh(project: Project) -> closing[Project]:
    from mlgit.project.opening import open_project

    return closing(open_project(project.root, now=project.now, default_branch=project.default_branch))
