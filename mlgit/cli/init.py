"""`mlgit init`."""

from __future__ import annotations

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session


@command("init")
@click.option("--force", is_flag=True, help="Replace an existing `mlgit.yaml`.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, but write nothing.")
@pass_session
def entry(session: Session, *, force: bool, dry_run: bool) -> None:
    r"""Look at the repository and write a minimal `mlgit.yaml`.

    It finds models, metrics and parameters in dvc.yaml and DVCLive's files, environments in the tags of
    GTO, and old `artifacts.yaml` and `.gto` files. A gate is only active if the current state passes it.

    \b
    Examples:
      mlgit init --dry-run    see the file first
      mlgit init              write it, then run `mlgit check` and commit
    """
    from mlgit.operations.init import write_config
    from mlgit.render.pages.init import page

    record = write_config(session.project(), force=force, dry_run=dry_run)
    session.print_result(record, lambda: page(record))
