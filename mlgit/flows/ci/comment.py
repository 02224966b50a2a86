"""Comment job: make a posting from the report of another job, perhaps of a fork's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.event import read_event
from mlgit.adapters.runner.report import read_report
from mlgit.core.ci.report import (
    DEFAULT_JOB,
    CiReport,
    blank_report,
    check_name,
    failure_of,
)
from mlgit.core.forge.posting import Posting
from mlgit.core.forge.protocol import CheckRun
from mlgit.errors import ConfigError, StateError, UsageError
from mlgit.flows.ci.belief import of_successful_run, of_this_run
from mlgit.flows.ci.posting import addressed, posting_of
from mlgit.project.ci.report_folder import require_uncommitted
from mlgit.render.report import report as markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.protocol import Forge

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
    return addressed(posting, event)


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
        return posting_of(found, event, untrusted=untrusted, fails=True)
    if event is not None and (untrusted or event.fork):
        return posting_of(of_successful_run(_untrusted(found, event, job), event), event, untrusted=True)
    return posting_of(_trusted(of_this_run(found, event, connected), event, job), event, untrusted=False)


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
