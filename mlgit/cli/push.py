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

    First the data that the DVC remote does not have, then the current branch under its own name (never by
    force; its upstream is set if it has none), then versions and promotions that were made with --local. A
    tag that the remote once had is only named, and so is a second version of a commit, or a release whose
    model no one else could fetch. Anything that would be refused is found before anything is sent.
    """
    from mlgit.operations.push import push
    from mlgit.render.pages.push import page

    record = push(session.project(), dry_run=dry_run, progress=session.progress())
    session.print_result(record, lambda: page(record))
    return None
