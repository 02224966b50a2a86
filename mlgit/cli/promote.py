"""`mlgit promote`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.completion import environments_offer, targets_offer
from mlgit.cli.shell.options import command, pass_session

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session


@command("promote")
@click.argument("target", metavar="MODEL[@VERSION]", shell_complete=targets_offer)
@click.option(
    "--to",
    "environment",
    metavar="ENV",
    required=True,
    shell_complete=environments_offer,
    help="The environment, as trunk declares it.",
)
@click.option("-m", "--message", "reason", metavar="REASON", help="Why; it stands in the tag.")
@click.option("--downgrade", is_flag=True, help="Allow a version lower than the one there.")
@click.option("--local", is_flag=True, help="Write the tags here only; `mlgit push` publishes them.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@pass_session
def entry(
    session: Session,
    *,
    target: str,
    environment: str,
    reason: str | None,
    downgrade: bool,
    local: bool,
    dry_run: bool,
) -> int | None:
    """Put a version into an environment.

    Without a version it is the one that the environment's `from` holds now, else the highest final one.
    The gates of the environment must let it pass. Whoever changes the environment first wins; the other
    one is told who it was (exit 4).

    \b
    Examples:
      mlgit promote tumor --to staging
      mlgit promote tumor@v1.2.0 --to prod
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.operations.promote import promote
    from mlgit.render.pages.change import page

    record = promote(
        session.project(),
        target,
        environment=environment,
        reason=reason,
        downgrade=downgrade,
        local=local,
        dry_run=dry_run,
        ci=os.environ,
    )
    session.print_result(record, lambda: page(record))
    return None
