"""`mlgit status`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import Exit


@command("status")
@click.option("-s", "--short", is_flag=True, help="Print one line, as for a prompt.")
@click.option(
    "--exit-code", is_flag=True, help="Exit 1 if a gate blocks, a stage is stale or a part cannot be read."
)
@click.option(
    "--remote", is_flag=True, help="Ask the DVC remotes which outputs they lack; nothing is pulled."
)
@pass_session
def entry(session: Session, /, *, short: bool, exit_code: bool, remote: bool) -> int:
    r"""Show what is live, stale, changed, gated, and what to do next.

    Shows what is live in each environment and since when, the branch and its uncommitted files, stale
    stages and why, changed or missing data, metrics against the base, the verdict of the gates, and the
    next command. It uses no network, except for --remote, and in CI, where it asks the Git remote for tags
    before an environment counts as empty.

    \b
    Exit codes: 0 (1 only with --exit-code), 5 a DVC remote does not answer.
    """
    session.begin(compares=True, looks=True, tags=True)
    from mlgit.operations.status import status
    from mlgit.render.pages.status import page, short_page

    progress = session.progress(patient=True) if remote else None
    record = status(session.project(), ci=os.environ, remote=remote, progress=progress)
    verbose = session.verbosity > 0
    session.print_result(
        record, lambda: short_page(record) if short else page(record, now=session.now, verbose=verbose)
    )
    if any(failure.part == "remote_data" for failure in record.failures):
        return Exit.TOOL
    return Exit.BLOCKED if exit_code and record.unfinished else Exit.DONE
