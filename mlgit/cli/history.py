"""`mlgit history`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, environment_option, fetch_option
from mlgit.cli.shell.session import Session, pass_session


@command("history")
@click.argument("model", required=False, shell_complete=models_offer)
@environment_option("Only this environment.", required=False)
@click.option(
    "--at", "moment", metavar="DATE", help="What was where then: `2026-05-03` or `2026-05-03T14:00Z`."
)
@click.option("--metric", metavar="NAME", help="The values of a metric over the versions.")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the newest N events; with --metric the highest N versions of each model.",
)
@fetch_option
@pass_session
def entry(session: Session, /, moment: str | None, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Show who changed what, and when.

    One line per event, newest first; -v shows whole reasons, and times in UTC. For --at, a day means its
    end in UTC.

    \b
    Examples:
      mlgit history tumor --env prod
      mlgit history -n 20
      mlgit history --at 2026-05-03
      mlgit history tumor --metric auc
    """
    session.begin(tags=options["model"] is None and not options["fetch"])
    from mlgit.operations.history import history
    from mlgit.render.pages.history import page

    if moment is not None and (options["metric"] is not None or options["last"] is not None):
        other = "--last" if options["metric"] is None else "--metric"
        raise click.UsageError(f"`--at` and `{other}` cannot be used together")
    at = None if moment is None else _time(moment)
    record = history(session.project(), at=at, **options)
    whole = session.verbosity > 0
    session.print_result(record, lambda: page(record, width=session.width, whole=whole))


def _time(text: str) -> datetime:
    """A day (its last second) or a time; without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(
            f"`{text}` is not a date; write `2026-05-03` or `2026-05-03T14:00Z`"
        ) from error
    if "T" not in text and " " not in text:
        time += timedelta(days=1, seconds=-1)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
