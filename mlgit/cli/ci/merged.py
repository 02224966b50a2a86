"""`mlgit ci merged`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.destinations import folder_destination
from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session


@command("merged")
@click.option("--dry-run", is_flag=True, help="Show which tags would be written, but write none.")
@output_option("Folder for mlgit.env, which later jobs read.")
@pass_session
def entry(session: Session, *, dry_run: bool, output: str) -> int:
    """Release and promote merged changes that pass the gates.

    Works on trunk's tip, even if another commit is checked out. A model that changed since its newest
    version is released and promoted to environments with `auto: true`, those named in `from` first. An
    environment that a rollback holds does not change. It is safe to run at any time, twice, or at once.

    \b
    Outputs (GITHUB_OUTPUT, and DIR/mlgit.env with MLGIT_ before them):
      changed   whether a tag was written: true or false
      released  the releases that were written, a JSON list
      tags      the assignments to deploy now, a JSON list

    \b
    Exit codes: 0 done or nothing to do, 1 a gate or a pre-release of trunk's tip
    blocks, 3 mlgit.yaml on trunk is invalid, 4 not on trunk, 5 the remote failed.
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.adapters.runner.event import read_event
    from mlgit.adapters.runner.files import append_summary
    from mlgit.core.ci.merged import outputs_of
    from mlgit.flows.ci.merged import merged
    from mlgit.flows.ci.publish import publish_outputs
    from mlgit.render.pages.ci.merged import page, summary

    folder = folder_destination(session.folder, output)
    record = None
    try:
        record = merged(
            session.project(),
            dry_run=dry_run,
            event=read_event(os.environ),
            ci=os.environ,
            progress=session.progress(),
        )
    finally:
        # Also after an error: later jobs must not read the values of an earlier run.
        publish_outputs(outputs_of(record), os.environ, folder=folder)
    append_summary(os.environ, summary(record))
    session.print_result(record, lambda: page(record))
    return record.exit_code
