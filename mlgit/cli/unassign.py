"""`mlgit unassign`."""

from __future__ import annotations

from typing import Any

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, environment_option, reason_option, write_options
from mlgit.cli.shell.session import Session, pass_session


@command("unassign")
@click.argument("model", required=False, metavar="[MODEL]", shell_complete=models_offer)
@environment_option("The environment.")
@reason_option()
@write_options("Write the tags here only; `mlgit push` publishes them.")
@pass_session
def entry(session: Session, /, model: str | None, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Empty an environment.

    DVC knows no empty stage: `dvc artifacts get --stage` still returns the version that was there. MODEL may
    be left out if there is only one. On a terminal, a reason is asked for.

    \b
    Examples:
      mlgit unassign tumor --env staging
    """
    from mlgit.cli.shell.questions import offer_reason, the_model_in
    from mlgit.operations.unassign import unassign
    from mlgit.render.pages.change import page

    model = the_model_in(session, options["environment"]) if model is None else model
    if options["reason"] is None and not options["dry_run"]:
        options["reason"] = offer_reason(
            session,
            lambda planned: f"Take {model}@{planned.version} out of {options['environment']}",
            lambda: unassign(session.project(), model, **options | {"dry_run": True}),
        )
    record = unassign(session.project(), model, **options)
    session.print_result(record, lambda: page(record))
