"""`mlgit ci update`."""

from __future__ import annotations

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.core.forge.hosts import HOSTS, Host
from mlgit.errors import Exit


@command("update")
@click.option("--host", type=click.Choice(tuple(HOSTS)), help="Whose templates, if both are installed.")
@click.option("--force", is_flag=True, help="Also replace files that were edited.")
@click.option("--dry-run", is_flag=True, help="Show the differences, but write nothing.")
@pass_session
def entry(session: Session, *, host: Host | None, force: bool, dry_run: bool) -> int:
    """Show and apply what changed in the bundled templates.

    Files that were never edited are replaced. Edited files do not change; the differences of the new
    template are shown. The settings of `mlgit ci init` are kept.

    \b
    Exit codes: 0 up to date, 1 edited files were not updated, or the jobs
    install mlgit by its name alone, 4 there are no templates here.

    \b
    Examples:
      mlgit ci update --dry-run
      mlgit ci update
    """  # noqa: D301 (click wants the character)
    session.begin()
    from mlgit.core.ci.requirement import is_bare
    from mlgit.operations.ci.update import update
    from mlgit.render.pages.ci.templates import update_page

    record = update(session.project(), host=host, force=force, dry_run=dry_run)
    session.print_result(record, lambda: update_page(record))
    conflict = any(file.status == "conflict" for file in record.files)
    return Exit.BLOCKED if conflict or is_bare(record.requirement) else Exit.DONE
