"""`mlgit push`."""

from __future__ import annotations

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session


@command("push")
@click.option("--dry-run", is_flag=True, help="Only show what would be pushed.")
@pass_session
def entry(session: Session, *, dry_run: bool) -> int | None:
    """Publish data, the branch and local tags.

    First pushes the data that the DVC remote lacks, then the current branch under its own name (never by
    force; sets its upstream if there is none), then versions and promotions made with --local. Tags that the
    remote had before, second versions of a commit and releases whose model no one else could fetch are only
    listed. Anything that would be refused is found before anything is sent.
    """
    from mlgit.operations.push import push
    from mlgit.render.pages.push import page

    record = push(session.project(), dry_run=dry_run, progress=session.progress())
    session.print_result(record, lambda: page(record))
    return None
