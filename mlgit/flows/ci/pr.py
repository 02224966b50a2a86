"""CI of a pull request: verify or run its pipeline, evaluate the gates, leave a report for who comments."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mlgit.adapters.runner.event import read_event
from mlgit.adapters.runner.files import dotenv_text, publish_files
from mlgit.core.ci.report import DEFAULT_JOB, CiReport, blank_report, failure_of, outputs_of
from mlgit.core.wording import listed
from mlgit.errors import StateError, ToolError, UsageError, as_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.gates.verdict import Check, Note
    from mlgit.core.progress import Progress
    from mlgit.project.ci.results_commit import PushTarget
    from mlgit.project.open import Project

Pipeline = Literal["verify", "run"]


def ci_pr(
    opened: Callable[[], Project],
    *,
    pipeline: Pipeline,
    commit: bool,
    folder: str,
    variables: Mapping[str, str],
    show: bool = True,
    progress: Progress,
) -> CiReport:
    """Judge what is checked out, and write the report into `folder`, also when no verdict can be formed.

    Args:
        opened: opens the repository; what it raises is part of the report too.
        pipeline: `verify` proves the committed results and trains nothing; `run` makes them anew.
        commit: whether what the run wrote is committed and pushed to the branch.
        folder: where the files go.
        variables: the environment.
        show: whether what stages print is passed on to stderr.
        progress: told what happens.

    Raises:
        MlgitError: no verdict; the report about that is written.
    """
    event = read_event(variables)
    bare = blank_report(event, job=DEFAULT_JOB, mode=pipeline)
    try:
        project = opened()
        if pipeline == "verify":
            report = _verify(project, bare, variables, progress)
        else:
            report = _run(
                project, bare, event, commit=commit, variables=variables, show=show, progress=progress
            )
        _publish(report, folder, variables)
    except UsageError:
        raise
    except Exception as error:
        known = as_known(error)
        failed = replace(bare, exit_code=known.exit_code, failure=failure_of(known))
        _publish(failed, folder, variables)
        raise
    return report


def _publish(report: CiReport, folder: str, variables: Mapping[str, str]) -> None:
    from mlgit.render.ci_files import REPORT_MARKDOWN, ci_files

    outputs = outputs_of(report)
    files = ci_files(report, dotenv_text(outputs))
    publish_files(files, folder=folder, summary=files[REPORT_MARKDOWN], outputs=outputs, variables=variables)


def _verify(project: Project, bare: CiReport, variables: Mapping[str, str], progress: Progress) -> CiReport:
    """The verdict on HEAD, with what its pipeline proves."""
    from mlgit.core.gates.verdict import Candidate, with_notes
    from mlgit.project.pipeline.proof import fetch_listings, prove_pipeline

    head = project.head.commit
    if head is None:
        raise StateError("There is no commit yet", hint="commit something first")
    fetch_listings(project, head, progress)
    record = _checked(project, head, variables, progress)
    proof = prove_pipeline(project, head, lenient=bare.fork)
    verdict = with_notes(record.verdict, proof.notes)
    left = _uncommitted(project)
    if not left:
        # The tree is what the commit is, and whoever repeats this has the commit checked out, too.
        verdict = replace(verdict, candidate=Candidate(label=head[:7], commit=None, head=head))
    blocked = verdict.decision == "block"
    return replace(
        bare,
        commit=bare.commit or head,
        exit_code=ToolError.exit_code if proof.failed else int(blocked),
        skipped=(*left, *proof.skipped),
        check=replace(record, verdict=verdict),
    )


def _checked(project: Project, head: str, variables: Mapping[str, str], progress: Progress) -> Check:
    """The check of HEAD; metric files that DVC keeps are fetched when a gate misses them."""
    from mlgit.operations.check import check
    from mlgit.project.ci.fetch_metrics import fetch_metrics
    from mlgit.project.gates.judge import Question

    question = Question(ci=variables)
    record = check(project, question, revision=head, lines=True)
    known = (*record.verdict.baselines, *record.references)
    commits = [head, *(each.commit for each in known if each.commit is not None)]
    try:
        fetched = fetch_metrics(project, commits, progress)
    except (StateError, ToolError) as error:
        # The gates that needed them have said `not_fetched` already, and block.
        progress.say(f"metrics that DVC keeps could not be fetched: {error.message}")
        return record
    return check(project, question, revision=head, lines=True) if fetched else record


def _uncommitted(project: Project) -> tuple[str, ...]:
    changed = (*project.head.conflicted, *project.head.changed)
    if not changed:
        return ()
    return (f"changes that are not committed: {listed(changed)}",)


def _run(
    project: Project,
    bare: CiReport,
    event: CiEvent | None,
    *,
    commit: bool,
    variables: Mapping[str, str],
    show: bool,
    progress: Progress,
) -> CiReport:
    """The verdict on what the pipeline makes here and now."""
    from mlgit.core.gates.verdict import with_notes
    from mlgit.operations import run as pipeline
    from mlgit.operations.check import check
    from mlgit.project.ci.results_commit import check_out_branch
    from mlgit.project.gates.judge import Question

    project.config(None)  # an invalid one is told before hours of training, not after
    place = check_out_branch(project, event) if commit else None
    done = pipeline.run(project, show=show, progress=progress)
    skipped = [*done.notes, *_store(project, bare, progress, must=commit)]
    pushed = None
    if place is not None:
        pushed, left = _push(project, place)
        skipped += left
    with _anew(project, event) as fresh:
        record = check(fresh, Question(ci=variables), lines=True)
        if place is None:
            record = replace(record, verdict=with_notes(record.verdict, _not_committed(fresh)))
        head = fresh.head.commit
    return replace(
        bare,
        commit=pushed or bare.commit or head,
        exit_code=int(record.verdict.decision == "block"),
        skipped=tuple(skipped),
        pushed=pushed,
        check=record,
    )


def _not_committed(fresh: Project) -> tuple[Note, ...]:
    """That what is judged is not what a merge would bring, when it is so."""
    from mlgit.core.gates.verdict import NOT_COMMITTED, Note
    from mlgit.project.ci.results_commit import written_by_run

    written = written_by_run(fresh).results
    text = f"What the run wrote is not in the branch: {listed(written)}"
    hint = "run `mlgit run`, commit what it wrote; nothing is released without it"
    return (Note(code=NOT_COMMITTED, message=text, hint=hint),) if written else ()


def _store(project: Project, bare: CiReport, progress: Progress, *, must: bool) -> list[str]:
    """Send the results to the DVC remote; what could not be done here, in one line."""
    from mlgit.operations.run import store_results

    if bare.fork:
        return ["results were not sent to the DVC remote: a fork's run may not write there"]
    if store_results(project, progress) is not None:
        return []
    if must:
        raise StateError(
            "There is no DVC remote, so that nobody could fetch the results that would be committed",
            hint="add one with `dvc remote add -d NAME URL`",
        )
    return ["results were not sent to a DVC remote: none is configured"]


def _push(project: Project, place: PushTarget) -> tuple[str | None, list[str]]:
    """Commit what the run wrote and push it; the commit, and what was left out in one line."""
    from mlgit.project.ci.results_commit import push_results, written_by_run

    with _anew(project, None) as fresh:
        written = written_by_run(fresh)
        pushed = push_results(fresh, place, written)
    if not written.others:
        return pushed, []
    left = f"changed by the run and not committed, because DVC did not write it: {listed(written.others)}"
    return pushed, [left]


@contextmanager
def _anew(project: Project, event: CiEvent | None) -> Iterator[Project]:
    """The repository opened again: what was read before the run no longer holds."""
    from mlgit.project.opening import open_project

    fresh = open_project(project.root, now=project.now, default_branch=project.default_branch)
    try:
        if event is not None and event.base_branch:
            fresh.set_target(event.base_branch)
        yield fresh
    finally:
        fresh.close()
