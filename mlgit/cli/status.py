"""`mlgit status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.cli.options import command, pass_session

if TYPE_CHECKING:
    from mlgit.cli.session import Session


@command("status")
@pass_session
def entry(session: Session, /) -> None:
    """Show what is stale, changed, gated, live and unpushed.

    One look at the working tree: branch, uncommitted code, stale stages and why, changed or missing data,
    metrics against the base, the verdict of the gates, every model with its environments, and the one
    command that makes sense next. Never uses the network; exits 0 whatever it finds.
    """
    import os

    session.begin(compares=True)
    from mlgit.operations.status import status
    from mlgit.render.pages.status import page

    record = status(session.project(), ci=os.environ)
    session.tell(record, lambda: page(record))
