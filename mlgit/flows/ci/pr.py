"""Pull request job: verify or run the pipeline, evaluate the gates, and leave a report."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from mlgit.adapters.runner.event import read_event
from mlgit.core.ci.report import DEFAULT_JOB, CiReport, blank_report, exit_code_of
from mlgit.core.wording import listed
from mlgit.errors import StateError, ToolError
from mlgit.flows.ci.publish import published
from mlgit.project.ci.checked_out import require_change
from mlgit.project.ci.comment_rule import comment_rule
from mlgit.project.ci.current.branches import fetch_in_ci
from mlgit.project.compare.base import require_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.ci.templates import PipelineMode
    from mlgit.core.gates.verdict import Check, Note
    from mlgit.core.progress import Progress
    from mlgit.project.ci.results_commit import PushTarget
    from mlgit.project.open import Project

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def ci_pr(
    opened: Callable[[], Project],
    *,
    pipeline: PipelineMode,
    commit: bool,
    folder: str,
    variables: Mapping[str, str],
    show: bool = True,
    progress: Progress,
) -> CiReport:
    """Evaluate what is checked out, and write a report into `folder`, even if there is no verdict.

    `opened` opens the repository; its errors are part of the report. `verify` proves the committed results
    and trains nothing; `run` makes them again, and with `commit` pushes what it wrote to the branch. `show`
    passes the output of stages on to stderr.

    Raises:
        MlgitError: there is no verdict; a report about that is written.
    """
    event = read_event(variables)
    blank = blank_report(event, job=DEFAULT_JOB, mode=pipeline)

    def find() -> CiReport:
        project = opened()
        _learn_change(project, event, variables)
        if not commit:  # which checks out the event's commit itself
            require_change(project, event, variables)
        known = replace(blank, comment=comment_rule(project))
        match pipeline:
            case "verify":
                return _verify(project, known, variables, progress)
            case "run":
                return _run(
                    project, known, event, commit=commit, variables=variables, show=show, progress=progress
                )
            case _:
                assert_never(pipeline)

    return published(lambda: _with_tokens(find(), variables), blank=blank, folder=folder, variables=variables)


def _learn_change(project: Project, event: CiEvent | None, variables: Mapping[str, str]) -> None:
    """Have the pull request's target and its own commit at hand.

    A squash or rebase of that commit may be checked out.

    Raises:
        StateError: the target is not in this clone.
    """
    if event is None or event.kind != "pull_request" or not _COMMIT.fullmatch(event.sha):
        return
    fetch_in_ci(project, variables)
    if event.base_branch:
        require_target(project, event.base_branch, variables)
        project.set_target(event.base_branch)
    project.change_head = event.sha
    if project.remote is not None and project.commit(event.sha) is None:
        from mlgit.adapters.git.push import fetch_refs

        # Without it, such a checkout is judged as any other commit.
        with suppress(ToolError):
            fetch_refs(project.git, project.remote, [event.sha])


def _with_tokens(found: CiReport, variables: Mapping[str, str]) -> CiReport:
    """The report, with a warning if the branch's code could read a token that is not for this job."""
    from mlgit.core.ci.visible_tokens import visible_tokens
    from mlgit.core.gates.verdict import with_notes

    notes = visible_tokens(found.host, variables)
    if found.check is None or not notes:
        return found
    return replace(found, check=replace(found.check, verdict=with_notes(found.check.verdict, notes)))


def _verify(project: Project, blank: CiReport, variables: Mapping[str, str], progress: Progress) -> CiReport:
    """The verdict on HEAD, with the proof of its pipeline."""
    from mlgit.core.gates.verdict import Candidate, with_notes
    from mlgit.project.pipeline.proof import fetch_inputs, prove_pipeline

    head = project.head.commit
    if head is None:
        raise StateError("There is no commit yet", hint="commit something first")
    fetch_inputs(project, head, progress)
    record = _checked(project, head, variables, progress)
    proof = prove_pipeline(project, head, lenient=blank.fork)
    verdict = with_notes(record.verdict, proof.notes)
    changed = (*project.head.conflicted, *project.head.changed)
    left = (f"changes that are not committed: {listed(changed)}",) if changed else ()
    if not left:
        # The tree equals the commit, so anyone who checks that out gets the same verdict.
        verdict = replace(verdict, candidate=Candidate(label=head[:7], commit=None, head=head))
    checked = replace(record, verdict=verdict)
    return replace(
        blank,
        commit=blank.commit or head,
        exit_code=ToolError.exit_code if proof.failed else exit_code_of(checked),
        skipped=(*left, *proof.skipped),
        check=checked,
    )


def _checked(project: Project, head: str, variables: Mapping[str, str], progress: Progress) -> Check:
    """The check of HEAD; fetches what DVC keeps and it lacks: metrics, plots, listings of models' folders."""
    from mlgit.operations.check import check
    from mlgit.project.ci.fetch_metrics import fetch_metrics
    from mlgit.project.ci.fetch_model import fetch_model_listings
    from mlgit.project.ci.fetch_plots import fetch_plots
    from mlgit.project.gates.judge import Question

    question = Question(ci=variables)
    record = check(project, question, revision=head, lines=True)
    known = (*record.verdict.baselines, *record.references)
    commits = [head, *(each.commit for each in known if each.commit is not None)]
    fetched = fetch_model_listings(project, commits, progress)
    try:
        fetched = fetch_metrics(project, commits, progress) or fetched
    except (StateError, ToolError) as error:
        # The gates that needed them already report `not_fetched`, and block.
        progress.say(f"metrics that DVC keeps could not be fetched: {error.message}")
    base = (each.commit for each in record.references if each.commit is not None)
    fetched = fetch_plots(project, record.plots, [head, *base], progress) or fetched
    return check(project, question, revision=head, lines=True) if fetched else record


def _run(
    project: Project,
    blank: CiReport,
    event: CiEvent | None,
    *,
    commit: bool,
    variables: Mapping[str, str],
    show: bool,
    progress: Progress,
) -> CiReport:
    """The verdict on the results of running the pipeline here."""
    from mlgit.core.gates.verdict import with_notes
    from mlgit.operations import run as pipeline
    from mlgit.operations.check import check
    from mlgit.project.ci.results_commit import check_out_branch
    from mlgit.project.gates.judge import Question
    from mlgit.project.pipeline.merged_records import confirm

    project.config(None)  # report an invalid file before hours of training, not after them
    target = check_out_branch(project, event) if commit else None
    entries = _merged_entries(project, event)
    done = pipeline.run(project, show=show, again=tuple(entries), edited="replace", progress=progress)
    skipped = [*done.notes, *_store(project, blank, progress, must=commit)]
    pushed, left = (None, []) if target is None else _push(project, target, entries)
    skipped += left
    with _reopened(project, event) as fresh:
        confirm(fresh, entries)
        # Where the run left more than it committed, others see the commit, and not what is here.
        record = check(fresh, Question(ci=variables), revision=pushed if left else None, lines=True)
        if target is None:
            record = replace(record, verdict=with_notes(record.verdict, _not_committed(fresh)))
        head = fresh.head.commit
    return replace(
        blank,
        commit=pushed or blank.commit or head,
        exit_code=exit_code_of(record),
        skipped=tuple(skipped),
        pushed=pushed,
        check=record,
    )


def _merged_entries(project: Project, event: CiEvent | None) -> Mapping[str, str]:
    """The entries of dvc.lock to confirm, after another commit may have been checked out."""
    from mlgit.project.pipeline.proof import merged_entries

    with _reopened(project, event) as here:
        return merged_entries(here)


def _not_committed(fresh: Project) -> tuple[Note, ...]:
    """A note if the evaluated results are not what a merge would bring."""
    from mlgit.core.gates.verdict import NOT_COMMITTED, Note
    from mlgit.project.ci.results_commit import written_by_run

    written = written_by_run(fresh).results
    text = f"The results of the run are not in the branch: {listed(written)}"
    hint = "run `mlgit run`, commit the results; otherwise nothing is released"
    return (Note(code=NOT_COMMITTED, message=text, hint=hint),) if written else ()


def _store(project: Project, blank: CiReport, progress: Progress, *, must: bool) -> list[str]:
    """Send the results to the DVC remote; what was not done, in one line each."""
    from mlgit.operations.run import store_results

    if blank.fork:
        return ["results were not sent to the DVC remote: a fork's run may not write there"]
    if store_results(project, progress) is not None:
        return []
    if must:
        from mlgit.adapters.dvc.engine import remote_command

        raise StateError(
            "There is no default DVC remote, so no one could fetch the results that would be committed",
            hint=f"run `{remote_command(project.root)}`, and commit what it wrote",
        )
    return ["results were not sent to a DVC remote: none is configured"]


def _push(project: Project, target: PushTarget, entries: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """Commit and push what the run wrote; the commit, and what was left out, in one line each."""
    from mlgit.project.ci.results_commit import push_results, written_by_run

    with _reopened(project, None) as fresh:
        written = written_by_run(fresh)
        pushed = push_results(fresh, target, written, entries)
    if not written.others:
        return pushed, []
    return pushed, [f"changed by the run and not committed: {listed(written.others)}"]


@contextmanager
def _reopened(project: Project, event: CiEvent | None) -> Iterator[Project]:
    """The repository opened again: what was read before the run is out of date."""
    from mlgit.project.opening import open_project

    fresh = open_project(project.root, now=project.now, default_branch=project.default_branch)
    try:
        fresh.change_head = project.change_head
        if event is not None and event.base_branch:
            fresh.set_target(event.base_branch)
        yield fresh
    finally:
        fresh.close()
