"""`mlgit doctor`."""

from __future__ import annotations

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import Exit, UsageError


@command("doctor")
@click.option("--strict", is_flag=True, help="Exit with 1 if there is a warning or an error.")
@click.option("--online", is_flag=True, help="Also check the Git and DVC remotes.")
@click.option("--config", is_flag=True, help="Only check that `mlgit.yaml` and the waivers are valid.")
@pass_session
def entry(session: Session, *, strict: bool, online: bool, config: bool) -> int:
    r"""Check this clone, its config, remotes and tags.

    Most findings come with the command that fixes them. Only --online uses the network. Findings of the
    level `info` do not count for --strict.

    \b
    Examples:
      mlgit doctor
      mlgit doctor --online --strict   # in CI
      mlgit doctor --config --strict   # before a commit
    """
    from mlgit.operations.doctor import diagnose
    from mlgit.render.pages.doctor import page

    if config and online:
        raise UsageError("`--config` and `--online` exclude each other")
    record = diagnose(session.project(), online=online, config=config, progress=session.progress())
    session.print_result(record, lambda: page(record))
    return Exit.BLOCKED if strict and not record.healthy else Exit.DONE
