"""`mlgit unassign`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.completion import environments_offer, models_offer
from mlgit.cli.shell.options import command, pass_session

if TYPE_CHECKING:
    from mlgit.cli.shell.session import Session


@command("unassign")
@click.argument("model", shell_complete=models_offer)
@click.option(
    "--env",
    "environment",
    metavar="ENV",
    required=True,
    shell_complete=environments_offer,
    help="The environment.",
)
@click.option("-m", "--message", "reason", metavar="REASON", help="Why; it stands in the tag.")
@click.option("--local", is_flag=True, help="Write the tags here only; `mlgit push` publishes them.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@pass_session
def entry(
    session: Session,
    *,
    model: str,
    environment: str,
    reason: str | None,
    local: bool,
    dry_run: bool,
) -> int | None:
    """Empty an environment.

    DVC knows no empty stage: `dvc get` goes on answering the version that was there.

    \b
    Examples:
      mlgit unassign tumor --env staging
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.operations.unassign import unassign
    from mlgit.render.pages.change import page

    record = unassign(
        session.project(), model, environment=environment, reason=reason, local=local, dry_run=dry_run
    )
    session.print_result(record, lambda: page(record))
    return None
