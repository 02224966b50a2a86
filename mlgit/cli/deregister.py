"""`mlgit deregister`."""

from __future__ import annotations

from typing import Any

import click

from mlgit.cli.shell.completion import versions_offer
from mlgit.cli.shell.options import command, reason_option, write_options
from mlgit.cli.shell.session import Session, pass_session


@command("deregister")
@click.argument("target", metavar="MODEL@VERSION", shell_complete=versions_offer)
@reason_option()
@write_options("Write the tag here only; `mlgit push` publishes it.")
@pass_session
def entry(session: Session, /, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Reject a version so that it can no longer be promoted.

    Its tag stays, and its number is never used again. If it is live, roll back first.

    \b
    Examples:
      mlgit deregister tumor@v1.2.0 -m "trained on leaked labels"
    """
    from mlgit.operations.deregister import deregister
    from mlgit.render.pages.change import page

    record = deregister(session.project(), **options)
    session.print_result(record, lambda: page(record))
