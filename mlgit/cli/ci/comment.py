"""`mlgit ci comment`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.completion import folders_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.output import say, write_document
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from mlgit.core.forge.posting import PostResult
    from mlgit.core.forge.protocol import Forge

_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@command("comment")
@click.argument("report", metavar="[DIR]", default="mlgit-report", shell_complete=folders_offer)
@click.option("--running", is_flag=True, help="Only report that the run is in progress; DIR is not read.")
@click.option(
    "--untrusted",
    is_flag=True,
    help="DIR comes from a fork: take only its results, and everything else from the event and the forge.",
)
@click.option("--job", metavar="NAME", help="The job that the report belongs to, if there are several.")
@pass_session
def entry(session: Session, /, *, report: str, running: bool, untrusted: bool, job: str | None) -> int:
    r"""Put the report on the pull request, and set its check.

    Reads report.json in DIR, as `mlgit ci pr` wrote it, and updates one comment on the pull request and
    the check `mlgit` on its commit. A missing or invalid report is posted as a failure.

    The token is GITHUB_TOKEN on GitHub and MLGIT_GITLAB_TOKEN on GitLab. Without it the report is printed.

    \b
    Exit codes: 0 posted or skipped, 3 or 4 no report in DIR, 5 forge refused.

    \b
    Examples:
      mlgit ci comment --running
      mlgit ci comment mlgit-report
    """
    if job is not None and not _JOB.fullmatch(job):
        raise UsageError(f"`{job}` is not the name of a job", hint="use letters, digits, `.`, `_` and `-`")
    from mlgit.adapters.forge.detect import connect
    from mlgit.adapters.runner.event import read_event
    from mlgit.flows.ci import comment as ci_comment
    from mlgit.flows.post import post

    event = read_event(os.environ)

    def connected() -> Forge | None:
        return None if event is None else connect(event, os.environ)

    if running:
        posting = ci_comment.running_posting(job=job, variables=os.environ)
    else:
        path = os.path.join(session.folder, report)
        posting = ci_comment.report_posting(
            path, untrusted=untrusted, job=job, variables=os.environ, connected=connected
        )
    result = post(posting, connected=connected, variables=os.environ)
    print_result(session, result)
    return result.exit_code


def print_result(session: Session, result: PostResult) -> None:
    """Print what was written where, or the report itself if it is on no pull request."""
    if session.as_json or result.posted:
        from mlgit.render.pages.ci.comment import page

        session.print_result(result, lambda: page(result))
    else:
        write_document(result.body)
    warn(session, result)


def warn(session: Session, result: PostResult) -> None:
    """Print to stderr what was skipped and what the forge refused."""
    for text in result.skipped:
        session.note(text)
    for text in result.problems:
        say(f"error: {text}")
