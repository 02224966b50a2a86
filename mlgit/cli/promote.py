"""`mlgit promote`."""

from __future__ import annotations

import os
from typing import Any

import click

from mlgit.cli.shell.completion import targets_offer
from mlgit.cli.shell.options import command, environment_option, reason_option, write_options
from mlgit.cli.shell.session import Session, pass_session


@command("promote")
@click.argument("target", required=False, metavar="[MODEL[@VERSION]]", shell_complete=targets_offer)
@environment_option("The environment, as trunk declares it.", "--to", "--env")
@reason_option()
@click.option("--downgrade", is_flag=True, help="Allow a version lower than the one there.")
@write_options("Write the tags here only; `mlgit push` publishes them.")
@pass_session
def entry(session: Session, /, target: str | None, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Put a version into an environment.

    Without a version, it takes the one in the environment that `from` names; without `from`, the highest
    version that is not a pre-release. MODEL may be left out if there is only one. The gates of the
    environment must pass. If someone else changes the environment first, the command fails and names them
    (exit 4).

    \b
    Examples:
      mlgit promote tumor --to staging
      mlgit promote tumor@v1.2.0 --to prod
    """
    from mlgit.cli.shell.questions import the_model
    from mlgit.operations.promote import promote
    from mlgit.render.pages.change import page

    record = promote(
        session.project(), the_model(session) if target is None else target, **options, ci=os.environ
    )
    session.print_result(record, lambda: page(record))
