"""`mlgit rollback`."""

from __future__ import annotations

from typing import Any

import click

from mlgit.cli.shell.completion import models_offer, numbers_offer
from mlgit.cli.shell.options import command, environment_option, reason_option, write_options
from mlgit.cli.shell.session import Session, pass_session


@command("rollback")
@click.argument("model", shell_complete=models_offer)
@environment_option("The environment.")
@reason_option(required=True)
@click.option(
    "--to",
    metavar="VERSION",
    shell_complete=numbers_offer,
    help="An earlier version; default is the one before.",
)
@write_options("Write the tags here only; `mlgit push` publishes them.")
@pass_session
def entry(session: Session, /, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Take an environment back to the version before.

    No gates are asked. The environment is held from then on: nothing is promoted there by itself until
    somebody promotes. Doing it again goes one promotion further back.

    \b
    Examples:
      mlgit rollback tumor --env prod -m "false alarms since noon"
    """
    from mlgit.operations.rollback import rollback
    from mlgit.render.pages.change import page

    record = rollback(session.project(), **options)
    session.print_result(record, lambda: page(record))
