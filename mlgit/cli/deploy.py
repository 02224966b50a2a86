"""`mlgit deploy`."""

from __future__ import annotations

from typing import Any

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, environment_option
from mlgit.cli.shell.session import Session, pass_session


@command("deploy")
@click.argument("model", metavar="[MODEL]", required=False, shell_complete=models_offer)
@environment_option("The environment; `deploy:` on trunk has its target.")
@click.option(
    "--tag",
    metavar="TAG",
    help="Deploy this tag of the environment; nothing is done if there is a newer one.",
)
@click.option("--offline", is_flag=True, help="Deploy by the tags of this clone; the remote is not asked.")
@click.option("--dry-run", is_flag=True, help="Print the plan and deploy nothing.")
@pass_session
def entry(
    session: Session,
    /,
    *,
    model: str | None,
    environment: str,
    offline: bool,
    **options: Any,  # noqa: ANN401 (those above)
) -> int | None:
    r"""Make a target serve the version in an environment.

    Trunk and tags are fetched first. You may run it late, or more than once. A folder (`target:
    local`) gets the files, and its link `current` is switched in one step: if that fails, the version before
    is still served. A program of yours (`target: command`) gets them in $MLGIT_PATH and runs each time: if it
    fails, only the program knows what is served. `mlgit status` then shows when and why it failed.

    \b
    Examples:
      mlgit deploy --env prod
      mlgit deploy --env prod tumor --dry-run
    """
    from mlgit.cli.shell.failure import print_failures
    from mlgit.operations.deploy import deploy
    from mlgit.render.pages.deploy import page

    progress = session.progress()
    record = deploy(
        session.project(), environment, model=model, fetch=not offline, progress=progress, **options
    )
    print_failures(record)
    session.print_result(record, lambda: page(record, details=session.verbosity > 0, offline=offline))
    return record.exit_code
