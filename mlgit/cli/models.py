"""`mlgit models`."""

from __future__ import annotations

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, fetch_option
from mlgit.cli.shell.session import Session, pass_session


@command("models")
@click.argument("model", required=False, shell_complete=models_offer)
@fetch_option
@pass_session
def entry(session: Session, *, model: str | None, fetch: bool) -> None:
    """List models, their versions and environments.

    Lists the models of `mlgit.yaml` (if it names none, those of `artifacts:` in dvc.yaml), and those that
    only tags know. Tags of gto are also listed, and marked if they do not count. MODEL is one model, or a
    pattern such as `'lung-*'`.
    """
    session.begin(tags=model is None and not fetch)
    from mlgit.operations.models import list_models
    from mlgit.render.pages.models import page

    record = list_models(session.project(), model=model, fetch=fetch)
    session.print_result(record, lambda: page(record))
