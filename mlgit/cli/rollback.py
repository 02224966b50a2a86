"""`mlgit rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.completion import environments_offer, models_offer, numbers_offer
from mlgit.cli.shell.options import command, pass_session

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session


@command("rollback")
@click.argument("model", shell_complete=models_offer)
@click.option(
    "--env",
    "environment",
    metavar="ENV",
    required=True,
    shell_complete=environments_offer,
    help="The environment.",
)
@click.option("-m", "--message", "reason", metavar="REASON", required=True, help="Why; it stands in the tag.")
@click.option(
    "--to",
    metavar="VERSION",
    shell_complete=numbers_offer,
    help="An earlier version; default is the one before.",
)
@click.option("--local", is_flag=True, help="Write the tags here only; `mlgit push` publishes them.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@pass_session
def entry(
    session: Session,
    *,
    model: str,
    environment: str,
    reason: str,
    to: str | None,
    local: bool,
    dry_run: bool,
) -> int | None:
    """Take an environment back to the version before.

    No gates are asked. The environment is held from then on: nothing is promoted there by itself until
    somebody promotes. Doing it again goes one promotion further back.

    \b
    Examples:
      mlgit rollback tumor --env prod -m "false alarms since noon"
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.operations.rollback import rollback
    from mlgit.render.pages.change import page

    record = rollback(
        session.project(),
        model,
        environment=environment,
        reason=reason,
        to=to,
        local=local,
        dry_run=dry_run,
    )
    session.print_result(record, lambda: page(record))
    return None
