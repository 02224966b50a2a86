"""CI comment: what the pull request is told, from the report that another job left, perhaps a fork's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.runner.event import read_event
from mlgit.adapters.runner.report import read_report
from mlgit.core.ci.report import DEFAULT_JOB, CiReport, Failure, blank_report, check_name, failure_of
from mlgit.core.forge.posting import Posting
from mlgit.core.forge.protocol import CheckRun
from mlgit.errors import ConfigError, MlgitError, StateError, UsageError
from mlgit.render.report import report as markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.protocol import Annotation
    from mlgit.core.gates.verdict import Check
    from mlgit.project.open import Project

_HEADS = "refs/heads/"
_CONCLUSION = re.compile(r"[a-z_]{1,30}")


def running_posting(*, job: str | None, variables: Mapping[str, str]) -> Posting:
    """The posting to say that the run is under way, so that no verdict of an earlier commit stays.

    Args:
        job: the name of the job, when it has one of its own.
        variables: the environment.

    Raises:
        UsageError: this is no run of a CI that is known.
    """
    event = read_event(variables)
    if event is None:
        raise UsageError("`--running` is for a run of GitHub Actions or GitLab CI")
    name = job or DEFAULT_JOB
    key = markdown.key_of(event.project, name)
    body = markdown.running(event.sha or None, key=key, run_url=event.run_url)
    check = CheckRun(
        name=check_name(name), sha=event.sha, state="running", title="Running", url=event.run_url
    )
    return _addressed(Posting(key=key, body=body, host=event.host, commit=event.sha, check=check), event)


def report_posting(folder: str, *, untrusted: bool, job: str | None, variables: Mapping[str, str]) -> Posting:
    """The posting to tell what the report in `folder` says, or that there is none that can be read.

    Args:
        folder: where the job before left its files; only its `report.json` is read.
        untrusted: whether the report was computed by code that is not ours, as it is for every fork: then
            only its check or failure is taken from it, and what it is about comes from the event.
        job: the name of the job, when it has one of its own.
        variables: the environment.

    Raises:
        UsageError: `untrusted` outside a run of a CI that is known.
    """
    event = read_event(variables)
    if untrusted and event is None:
        raise UsageError("`--untrusted` is for a run of GitHub Actions or GitLab CI")
    try:
        found = read_report(folder)
    except (ConfigError, StateError) as error:
        bare = blank_report(event, job=job or DEFAULT_JOB, mode="check")
        found = replace(bare, exit_code=error.exit_code, failure=failure_of(error))
        if event is not None:
            found = replace(found, log_url=_log(event))
        return _posting(found, event, untrusted=untrusted, fails=True)
    if event is not None and (untrusted or event.fork):
        return _posting(_doubted(_about(found, event, job), event), event, untrusted=True)
    return _posting(_own(_of_this_run(found, event), event, job), event, untrusted=False)


def check_posting(
    found: Check | MlgitError, *, event: CiEvent | None, project: Project | None, gates: bool
) -> Posting:
    """The posting to tell what this very run found, or why it found nothing.

    Args:
        found: the check, or the error.
        event: of the CI that runs us; None on a laptop, where no check is set: it is CI that gates.
        project: the repository, when it could be opened; says on a laptop which branch is meant.
        gates: whether it is about all gates of what is checked out, so that the check may follow from it.
    """
    report = blank_report(event, job=DEFAULT_JOB, mode="check")
    if isinstance(found, MlgitError):
        report = replace(report, exit_code=found.exit_code, failure=failure_of(found))
    else:
        report = replace(report, exit_code=int(found.verdict.decision == "block"), check=found)
    if event is not None:
        posting = _posting(report, event, untrusted=False)
        return posting if gates else replace(posting, check=None)
    head = None if project is None else project.head
    commit, branch = (None, None) if head is None else (head.commit, head.branch)
    report = replace(report, project=_name(project), commit=commit)
    return replace(_posting(report, None, untrusted=False), check=None, branch=branch)


def _name(project: Project | None) -> str | None:
    """How the forge calls the repository, as far as the remote's URL tells."""
    from mlgit.adapters.forge.detect import remote_of

    url = None if project is None or project.remote is None else project.remotes.get(project.remote)
    remote = None if url is None else remote_of(url)
    return None if remote is None else remote.path


def _own(found: CiReport, event: CiEvent | None, job: str | None) -> CiReport:
    """The report of a run of ours; what the event says of it is nearer to the truth."""
    name = job or found.job
    if event is None:
        return replace(found, job=name)
    return replace(
        found,
        host=event.host,
        project=event.project,
        job=name,
        number=event.number,
        commit=found.commit if found.pushed is not None else event.sha,
    )


def _of_this_run(found: CiReport, event: CiEvent | None) -> CiReport:
    """A report about another commit, as one that came with the checkout, is no verdict on this one."""
    if event is None or found.check is None or found.commit == event.sha:
        return found
    if found.pushed is not None and found.host == event.host:
        return found
    about = "no commit" if found.commit is None else f"`{found.commit[:7]}`"
    why = Failure(
        code="report_of_another_commit",
        exit_code=StateError.exit_code,
        message=f"The run left no report: the one that is here is about {about}, not `{event.sha[:7]}`",
        hint="look at the run's log; keep the folder of the report out of Git",
    )
    return replace(found, exit_code=why.exit_code, check=None, failure=why)


def _about(found: CiReport, event: CiEvent, job: str | None) -> CiReport:
    """A stranger's check or failure, in a frame that only the event made."""
    from mlgit.core.gates.verdict import Candidate

    frame = blank_report(event, job=job or DEFAULT_JOB, mode=found.mode)
    check = found.check
    if check is not None:
        candidate = Candidate(label=event.sha[:7], commit=None, head=event.sha)
        check = replace(check, verdict=replace(check.verdict, candidate=candidate))
    return replace(
        frame,
        exit_code=found.exit_code,
        skipped=found.skipped,
        check=check,
        failure=found.failure,
        fork=True,
        log_url=_log(event),
    )


def _doubted(found: CiReport, event: CiEvent) -> CiReport:
    """A report that allows the change though its own run did not end well is no verdict."""
    ended = event.conclusion
    if ended in {None, "success"} or not found.allowed:
        return found
    word = ended if _CONCLUSION.fullmatch(ended or "") else "an unknown word"
    why = Failure(
        code="run_not_successful",
        exit_code=StateError.exit_code,
        message=f"The run ended with `{word}`, though its report allows the change",
        hint="look at its log",
    )
    return replace(found, exit_code=why.exit_code, check=None, failure=why)


def _log(event: CiEvent) -> str | None:
    """The page of the run that the event is about, which for `workflow_run` is not this one."""
    if event.kind == "workflow_run" and event.run is not None:
        return f"{event.server}/{event.repository}/actions/runs/{event.run}"
    return event.run_url


def _posting(found: CiReport, event: CiEvent | None, *, untrusted: bool, fails: bool = False) -> Posting:
    key = markdown.key_of(found.project, found.job)
    body = markdown.report(found, untrusted=untrusted)
    check = None if found.commit is None else _check(found, found.commit, body, untrusted=untrusted)
    posting = Posting(
        key=key,
        body=body,
        host=found.host,
        commit=found.commit,
        check=check,
        number=found.number,
        commits=frozenset() if found.commit is None else frozenset({found.commit}),
        # The job that writes is red only where it had nothing good to write.
        exit_code=found.exit_code if fails else 0,
    )
    return posting if event is None else _addressed(posting, event)


def _check(found: CiReport, commit: str, body: str, *, untrusted: bool) -> CheckRun:
    from mlgit.core.ci.annotations import annotations, failure_annotation
    from mlgit.core.gates.headline import headline
    from mlgit.render.escape import visible

    title = "No verdict"
    remarks: tuple[Annotation, ...] = ()
    if found.check is not None:
        # Said first, because a forge cuts what is long.
        by = "Computed by fork code: " if untrusted else ""
        title, remarks = f"{by}{headline(found.check.verdict)}", annotations(found.check)
    elif found.failure is not None:
        title, remarks = f"No verdict: {found.failure.message}", (failure_annotation(found.failure),)
    return CheckRun(
        name=check_name(found.job),
        sha=commit,
        state="success" if found.allowed else "failure",
        title=visible(title),
        summary=body,
        annotations=remarks,
        url=found.log_url,
    )


def _addressed(posting: Posting, event: CiEvent) -> Posting:
    """The posting with where the event says that it goes."""
    return replace(
        posting,
        number=event.number,
        branch=_branch(event),
        owner=event.head_owner if event.fork else None,
        commits=posting.commits | ({event.sha} - {""}),
    )


def _branch(event: CiEvent) -> str | None:
    """The branch whose pull requests may be meant; a schedule is about none."""
    if event.kind == "schedule":
        return None
    if event.head_branch is None and (event.ref or "").startswith(_HEADS):
        return (event.ref or "").removeprefix(_HEADS)
    return event.head_branch
