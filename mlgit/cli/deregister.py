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
def entry(session: Session, /, target: str, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Reject a version so that it can no longer be promoted.

    Its tag stays, its number is never used again, and no command takes that back. If it is live, roll back
    first. On a terminal, a reason is asked for.

    \b
    Examples:
      mlgit deregister tumor@v1.2.0 -m "trained on leaked labels"
    """
    from mlgit.cli.shell.questions import offer_reason
    from mlgit.operations.deregister import deregister
    from mlgit.render.pages.change import page

    if options["reason"] is None and not options["dry_run"]:
        options["reason"] = offer_reason(
            session,
            lambda _: f"Reject {target} for good",
            lambda: deregister(session.project(), target, **options | {"dry_run": True}),
        )
    record = deregister(session.project(), target, **options)
    session.print_result(record, lambda: page(record))
