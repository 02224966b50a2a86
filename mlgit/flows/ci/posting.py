"""Posting: turn a report into what is posted, with its check and its destination."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

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
from mlgit.core.wording import after_colon
from mlgit.errors import Exit, MlgitError
from mlgit.project.ci.comment_rule import comment_rule
from mlgit.render.report import report as markdown

if TYPE_CHECKING:
    from mlgit.adapters.forge.detect import Remote
    from mlgit.core.ci.event import CiEvent
    from mlgit.core.forge.hosts import Host
    from mlgit.core.forge.protocol import CheckState
    from mlgit.core.gates.verdict import Check
    from mlgit.project.open import Project

_HEADS = "refs/heads/"
_PORT = re.compile(r":[0-9]+/")


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
        posting = posting_of(report, event, untrusted=False)
        return posting if gates else replace(posting, check=None)
    head = None if project is None else project.head
    commit, branch = (None, None) if head is None else (head.commit, head.branch)
    remote = _remote(project)
    report = replace(report, project=None if remote is None else remote.path, commit=commit)
    return replace(posting_of(report, None, untrusted=False), check=None, branch=branch)


def shown_as(found: Check, *, host: Host, project: Project) -> str:
    """The Markdown that CI would post for a check on a forge: its length, and links to the repository."""
    remote = _remote(project)
    report = blank_report(None, job=DEFAULT_JOB, mode="check")
    report = replace(
        report,
        host=host,
        project=None if remote is None else remote.path,
        commit=project.head.commit,
        exit_code=exit_code_of(found),
        check=found,
    )
    return markdown.report(report, site=_page(project, remote))


def _page(project: Project, remote: Remote | None) -> str | None:
    """The repository's page; None if its server has a port of its own, where pages have another."""
    if remote is None or _PORT.search(project.remotes.get(project.remote or "", "")):
        return None
    return f"https://{remote.host}/{remote.path}"


def _remote(project: Project | None) -> Remote | None:
    """Where the remote's URL leads, if that is a server."""
    from mlgit.adapters.forge.detect import remote_of

    url = None if project is None or project.remote is None else project.remotes.get(project.remote)
    return None if url is None else remote_of(url)


def posting_of(found: CiReport, event: CiEvent | None, *, untrusted: bool, fails: bool = False) -> Posting:
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
    return posting if event is None else addressed(posting, event)


def _quiet(found: CiReport) -> str | None:
    """Why the report writes no first comment; None if it does."""
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
        unfinished = found.exit_code not in {Exit.DONE, Exit.BLOCKED}
        context = ReportContext(unfinished=unfinished, trunk=found.job == MONITOR_JOB, untrusted=untrusted)
        title, remarks = decision(found.check, context), annotations(found.check)
        # At the start, because a forge cuts long titles.
        title = f"Computed by fork code, {after_colon(title)}" if untrusted else title
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


def addressed(posting: Posting, event: CiEvent) -> Posting:
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
