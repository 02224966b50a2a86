"""Comment job: make a posting from the report of another job, perhaps of a fork's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.event import read_event
from mlgit.adapters.runner.report import read_report
from mlgit.core.ci.report import (
    DEFAULT_JOB,
    MONITOR_JOB,
    CiReport,
    blank_report,
    check_name,
    exit_code_of,
    failure_of,
)
from mlgit.core.forge.posting import Posting
from mlgit.core.forge.protocol import Annotation, CheckRun
from mlgit.errors import ConfigError, Exit, MlgitError, StateError, UsageError
from mlgit.flows.ci.belief import of_successful_run, of_this_run
from mlgit.project.ci.comment_rule import comment_rule
from mlgit.project.ci.report_folder import require_uncommitted
from mlgit.render.report import report as markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.protocol import CheckState, Forge
    from mlgit.core.gates.verdict import Check
    from mlgit.project.open import Project

_HEADS = "refs/heads/"


def running_posting(*, job: str | None, variables: Mapping[str, str]) -> Posting:
    """A posting that the run is in progress, so that no verdict of an earlier commit stays.

    It writes no first comment: whether there will be one depends on the verdict.

    Raises:
        UsageError: this is not a run of a known CI.
    """
    event = read_event(variables)
    if event is None:
        raise UsageError("`--running` is for a run of GitHub Actions or GitLab CI")
    name, sha, url = job or DEFAULT_JOB, event.sha, event.run_url
    key = markdown.key_of(event.project, name)
    body = markdown.running(sha or None, key=key, run_url=url)
    title = check_name(name, event.other_target)
    check = CheckRun(name=title, sha=sha, state="running", title="Running", url=url)
    posting = Posting(
        key=key,
        body=body,
        host=event.host,
        commit=sha,
        check=check,
        only_update="there is none to update yet",
    )
    return _addressed(posting, event)


def report_posting(
    folder: str,
    *,
    untrusted: bool,
    job: str | None,
    variables: Mapping[str, str],
    connected: Callable[[], Forge | None],
) -> Posting:
    """A posting of the report in `folder`, or of the failure to read one.

    Of the files that the earlier job left, only `report.json` is read. It is `untrusted` if foreign code
    computed it, as for every fork; then only its check or failure is used, and everything else comes from the
    event. `job` is the name of the job, if it is not the default one. `connected` returns the forge, or
    None without a token, when the report is only printed.

    Raises:
        UsageError: `untrusted` outside a run of a known CI.
    """
    event = read_event(variables)
    if untrusted and event is None:
        raise UsageError("`--untrusted` is for a run of GitHub Actions or GitLab CI")
    try:
        require_uncommitted(folder)
        found = read_report(folder)
    except (ConfigError, StateError) as error:
        blank = blank_report(event, job=job or DEFAULT_JOB, mode="check")
        found = replace(blank, exit_code=error.exit_code, failure=failure_of(error))
        if event is not None:
            found = replace(found, log_url=_log(event))
        return _posting(found, event, untrusted=untrusted, fails=True)
    if event is not None and (untrusted or event.fork):
        return _posting(of_successful_run(_untrusted(found, event, job), event), event, untrusted=True)
    return _posting(_trusted(of_this_run(found, event, connected), event, job), event, untrusted=False)


def check_posting(
    found: Check | MlgitError, *, event: CiEvent | None, project: Project | None, gates: bool
) -> Posting:
    """A posting of what this run itself found, or of its error.

    `event` is None on a laptop, where no check is set, because only CI may gate, and the branch of `project`,
    if it could be opened, selects the pull request. `gates`: it covers all gates of the checkout; otherwise
    no check is set.
    """
    report = blank_report(event, job=DEFAULT_JOB, mode="check")
    if project is not None:
        report = replace(report, comment=comment_rule(project))
    if isinstance(found, MlgitError):
        report = replace(report, exit_code=found.exit_code, failure=failure_of(found))
    else:
        report = replace(report, exit_code=exit_code_of(found), check=found)
    if event is not None:
        posting = _posting(report, event, untrusted=False)
        return posting if gates else replace(posting, check=None)
    head = None if project is None else project.head
    commit, branch = (None, None) if head is None else (head.commit, head.branch)
    report = replace(report, project=_name(project), commit=commit)
    return replace(_posting(report, None, untrusted=False), check=None, branch=branch)


def _name(project: Project | None) -> str | None:
    """The repository's name on the forge, from the remote's URL."""
    from mlgit.adapters.forge.detect import remote_of

    url = None if project is None or project.remote is None else project.remotes.get(project.remote)
    remote = None if url is None else remote_of(url)
    return None if remote is None else remote.path


def _trusted(found: CiReport, event: CiEvent | None, job: str | None) -> CiReport:
    """A trusted report, corrected by the event."""
    if event is None:
        return replace(found, job=job or found.job)
    # The comment and the check of another job are that job's to write.
    name = job or (DEFAULT_JOB if event.kind == "pull_request" else found.job)
    own_page = (found.log_url or "").startswith(f"{event.server}/{event.repository}/")
    return replace(
        found,
        host=event.host,
        project=event.project,
        job=name,
        number=event.number,
        commit=event.sha if found.pushed is None else found.pushed,
        log_url=found.log_url if own_page else _log(event),
    )


def _untrusted(found: CiReport, event: CiEvent, job: str | None) -> CiReport:
    """A fork's check or failure, in a report whose other fields come from the event."""
    from mlgit.core.gates.verdict import Candidate

    blank = blank_report(event, job=job or DEFAULT_JOB, mode=found.mode)
    check = found.check
    if check is not None:
        candidate = Candidate(label=event.sha[:7], commit=None, head=event.sha)
        check = replace(check, verdict=replace(check.verdict, candidate=candidate))
    return replace(
        blank,
        exit_code=found.exit_code,
        skipped=found.skipped,
        check=check,
        failure=found.failure,
        fork=True,
        log_url=_log(event),
    )


def _log(event: CiEvent) -> str | None:
    """The page of the event's run, which for `workflow_run` is not this one."""
    if event.kind == "workflow_run" and event.run is not None:
        return f"{event.server}/{event.repository}/actions/runs/{event.run}"
    return event.run_url


def _posting(found: CiReport, event: CiEvent | None, *, untrusted: bool, fails: bool = False) -> Posting:
    key = markdown.key_of(found.project, found.job)
    body = markdown.report(found, untrusted=untrusted)
    name = check_name(found.job, None if event is None else event.other_target)
    check = None if found.commit is None else _check(found, found.commit, name, body, untrusted=untrusted)
    posting = Posting(
        key=key,
        body=body,
        host=found.host,
        commit=found.commit,
        check=check,
        number=found.number,
        commits=frozenset() if found.commit is None else frozenset({found.commit}),
        # The job that posts fails only if it had no valid report to post.
        exit_code=found.exit_code if fails else Exit.DONE,
        only_update=_quiet(found),
    )
    return posting if event is None else _addressed(posting, event)


def _quiet(found: CiReport) -> str | None:
    """Why the report is no reason for a first comment; None if it is one."""
    from mlgit.core.gates.by_model import uneventful

    if found.check is None or not found.allowed or found.comment == "always":
        return None
    if found.comment == "changed" and not uneventful(found.check):
        return None
    return f"trunk's `mlgit.yaml` has `ci: {{comment: {found.comment}}}`"


def _check(found: CiReport, commit: str, name: str, body: str, *, untrusted: bool) -> CheckRun:
    from mlgit.core.ci.annotations import annotations, failure_annotation
    from mlgit.render.escape import visible
    from mlgit.render.report.heading import title as decision
    from mlgit.render.report.layout import ReportContext

    title = "No verdict"
    # A fork can make its own run say anything, so its result may block and never allows.
    allows: CheckState = "action_required" if untrusted else "success"
    remarks: tuple[Annotation, ...] = ()
    if found.check is not None:
        # At the start, because a forge cuts long titles.
        by = "Computed by fork code: " if untrusted else ""
        unfinished = found.exit_code not in {Exit.DONE, Exit.BLOCKED}
        context = ReportContext(unfinished=unfinished, trunk=found.job == MONITOR_JOB)
        title, remarks = f"{by}{decision(found.check, context)}", annotations(found.check)
    elif found.failure is not None:
        title, remarks = f"No verdict: {found.failure.message}", (failure_annotation(found.failure),)
    return CheckRun(
        name=name,
        sha=commit,
        state=allows if found.allowed else "failure",
        title=visible(title),
        summary=body,
        annotations=remarks,
        url=found.log_url,
    )


def _addressed(posting: Posting, event: CiEvent) -> Posting:
    """The posting with its destination, from the event."""
    return replace(
        posting,
        number=event.number,
        branch=_branch(event),
        owner=event.head_owner if event.fork else None,
        commits=posting.commits | ({event.sha} - {""}),
    )


def _branch(event: CiEvent) -> str | None:
    """The branch of the event's pull requests; None for a schedule."""
    if event.kind == "schedule":
        return None
    if event.head_branch is None and (event.ref or "").startswith(_HEADS):
        return (event.ref or "").removeprefix(_HEADS)
    return event.head_branch
