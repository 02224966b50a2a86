"""`mlgit ci monitor`."""

from __future__ import annotations

import os

from mlgit.cli.shell.destinations import folder_destination
from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session


@command("monitor")
@output_option("Folder for the report.")
@pass_session
def entry(session: Session, /, *, output: str) -> int:
    r"""Check the default branch on a schedule, and report.

    Evaluates the gates at the tip of the default branch as of today: a waiver may have expired, or an
    environment that a gate compares with may have changed. Writes the same files as `mlgit ci pr`.

    \b
    Exit codes: 0 allowed (also with warnings), 1 blocked, 3 a file is invalid.

    \b
    Examples:
      mlgit ci monitor
      mlgit ci monitor -o report
    """
    folder = folder_destination(session.folder, output)
    session.begin(compares=True)
    from mlgit.flows.ci.monitor import ci_monitor
    from mlgit.render.pages.ci.pr import page

    report = ci_monitor(session.project, folder=folder, variables=os.environ)
    session.print_result(report, lambda: page(report))
    return report.exit_code
