"""`mlgit status`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import Exit


@command("status")
@click.option(
    "--remote", is_flag=True, help="Ask the DVC remotes which outputs they lack; nothing is pulled."
)
@pass_session
def entry(session: Session, /, *, remote: bool) -> int:
    """Show what is stale, changed, gated, live and unpushed.

    One look at the working tree: branch, uncommitted code, stale stages and why, changed or missing data,
    metrics against the base, the verdict of the gates, every model with its environments, and the one
    command that makes sense next. Exits 0 whatever it finds. It uses no network, except in CI, where the Git
    remote is asked for tags before an environment counts as empty, and with --remote, which asks the DVC
    remotes and exits 5 when one of them does not answer.
    """
    session.begin(compares=True, looks=True, tags=True)
    from mlgit.operations.status import status
    from mlgit.render.pages.status import page

    progress = session.progress(patient=True) if remote else None
    record = status(session.project(), ci=os.environ, remote=remote, progress=progress)
    session.print_result(record, lambda: page(record, verbose=session.verbosity > 0))
    unanswered = any(failure.part == "remote_data" for failure in record.failures)
    return Exit.TOOL if unanswered else Exit.DONE
