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

    It finds models and metrics in files of Git and Git LFS, in dvc.yaml and in DVCLive's files,
    environments in tags, and old `artifacts.yaml` and `.gto` files. It proposes a gate against the base,
    and one against the version in `prod`, or else in another environment. A gate that would block now is a
    comment. Run it again after the first metrics: a file without gates gets them.

    \b
    Examples:
      mlgit init --dry-run   # see the file first
      mlgit init             # write it, then run `mlgit check` and commit
    """
    from mlgit.operations.init import write_config
    from mlgit.render.pages.init import page

    record = write_config(session.project(), force=force, dry_run=dry_run)
    session.print_result(record, lambda: page(record, verbose=session.verbosity > 0))
