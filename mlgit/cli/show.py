"""`mlgit show`."""

from __future__ import annotations

import click

from mlgit.cli.shell.completion import subjects_offer
from mlgit.cli.shell.options import command, fetch_option
from mlgit.cli.shell.session import Session, pass_session


@command("show")
@click.argument("reference", required=False, metavar="[REF]", shell_complete=subjects_offer)
@fetch_option
@pass_session
def entry(session: Session, *, reference: str | None, fetch: bool) -> None:
    r"""Show one model, version or environment.

    REF may be left out if there is only one model.

    \b
    Examples:
      mlgit show tumor          # the model and its versions
      mlgit show tumor@v1.2.0   # a version: files, inputs, params, metrics, gates
      mlgit show tumor@latest   # the highest version
      mlgit show prod           # an environment (of several models: tumor#prod)
    """
    session.begin()
    from mlgit.operations.show import show
    from mlgit.render.pages.show import page

    if reference is None:
        from mlgit.cli.shell.questions import the_model

        reference = the_model(session)
    record = show(session.project(), reference, fetch=fetch)
    session.print_result(record, lambda: page(record, width=session.width, whole=session.verbosity > 0))
