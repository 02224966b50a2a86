"""`mlgit deregister`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.completion import versions_offer
from mlgit.cli.shell.options import command, pass_session

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session


@command("deregister")
@click.argument("target", metavar="MODEL@VERSION", shell_complete=versions_offer)
@click.option("-m", "--message", "reason", metavar="REASON", help="Why; it stands in the tag.")
@click.option("--local", is_flag=True, help="Write the tag here only; `mlgit push` publishes it.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@pass_session
def entry(session: Session, *, target: str, reason: str | None, local: bool, dry_run: bool) -> int | None:
    """Reject a version so that it can no longer be promoted.

    Its tag stays, its number is never given again. Where it is live, roll back first.

    \b
    Examples:
      mlgit deregister tumor@v1.2.0 -m "trained on leaked labels"
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.operations.deregister import deregister
    from mlgit.render.pages.change import page

    record = deregister(session.project(), target, reason=reason, local=local, dry_run=dry_run)
    session.print_result(record, lambda: page(record))
    return None
