"""`mlgit doctor`."""

from __future__ import annotations

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import Exit


@command("doctor")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning or an error.")
@click.option("--online", is_flag=True, help="Also check the Git and DVC remotes.")
@pass_session
def entry(session: Session, *, strict: bool, online: bool) -> int:
    r"""Check this clone, its config, remotes and tags.

    Every finding comes with the command that fixes it. Only --online uses the network. Findings of the
    level `info` do not count for --strict.

    \b
    Examples:
      mlgit doctor
      mlgit doctor --online --strict    in CI
    """
    from mlgit.operations.doctor import diagnose
    from mlgit.render.pages.doctor import page

    record = diagnose(session.project(), online=online, progress=session.progress())
    session.print_result(record, lambda: page(record))
    return Exit.BLOCKED if strict and not record.healthy else Exit.DONE
