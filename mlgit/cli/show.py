"""`mlgit show`."""

from __future__ import annotations

import click

from mlgit.cli.shell.completion import subjects_offer
from mlgit.cli.shell.options import command, fetch_option
from mlgit.cli.shell.session import Session, pass_session


@command("show")
@click.argument("reference", metavar="REF", shell_complete=subjects_offer)
@fetch_option
@pass_session
def entry(session: Session, *, reference: str, fetch: bool) -> None:
    r"""Show one model, version or environment.

    \b
    Examples:
      mlgit show tumor          the model and its versions
      mlgit show tumor@v1.2.0   a version: files, inputs, params, metrics, gates
      mlgit show tumor@latest   the highest version
      mlgit show prod           an environment (of several models: tumor#prod)
    """
    session.begin()
    from mlgit.operations.show import show
    from mlgit.render.pages.show import page

    record = show(session.project(), reference, fetch=fetch)
    session.print_result(record, lambda: page(record))
