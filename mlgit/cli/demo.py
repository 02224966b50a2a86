"""`mlgit demo`."""

from __future__ import annotations

import os
import sys

import click

from mlgit.cli.shell.completion import folders_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session


@command("demo")
@click.argument("directory", metavar="[DIR]", required=False, shell_complete=folders_offer)
@click.option("--no-run", is_flag=True, help="Only create the project.")
@pass_session
def entry(session: Session, directory: str | None, *, no_run: bool) -> None:
    r"""Build a small real project and walk through the whole loop.

    Breast cancer data, a DVC pipeline, gates, a bare Git origin and a DVC remote, all in DIR
    (default `mlgit-demo`). Then run, check, release, promote, a blocked branch, a good one, rollback
    and history, each step a real command. Takes under a minute; the folder stays for you to play with.

    DIR must be new or empty.

    \b
    Examples:
      mlgit demo                   # in ./mlgit-demo
      mlgit demo /tmp/try --no-run
    """
    from mlgit.flows.demo.walk import DEFAULT_FOLDER, run_demo
    from mlgit.render.pages.demo import page

    screen = sys.stderr if session.as_json else sys.stdout
    demo = run_demo(
        os.path.join(session.folder, directory or DEFAULT_FOLDER),
        screen=None if session.verbosity < 0 else screen,
        walk=not no_run,
    )
    session.print_result(demo, lambda: page(demo))
