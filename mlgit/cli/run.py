"""`mlgit run`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.completion import stages_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import Exit


@command("run")
@click.argument("stages", metavar="[STAGE...]", nargs=-1, shell_complete=stages_offer)
@click.option("--no-pull", is_flag=True, help="Do not fetch missing data from the DVC remote.")
@click.option("--force", is_flag=True, help="Also run stages that are up to date.")
@click.option("--dry-run", is_flag=True, help="Only show which stages would run.")
@click.option("--commit", is_flag=True, help="Commit the results; needs a clean working tree.")
@pass_session
def entry(
    session: Session, *, stages: tuple[str, ...], no_pull: bool, force: bool, dry_run: bool, commit: bool
) -> int:
    r"""Run stale stages, then show changes and verdict.

    Fetches missing data, runs `dvc repro` for all stages or those named, and evaluates the gates on the
    results. The output of stages goes to stderr, the verdict to stdout. Ctrl-C also ends the stages. If
    git merged the entry of a stage in dvc.lock, the stage runs again; `--commit` confirms it if its results
    are the same.

    \b
    Exit codes: 0 allowed, 1 blocked by a gate, 5 a stage failed, 130 interrupted.

    \b
    Examples:
      mlgit run
      mlgit run train evaluate --force
    """
    from mlgit.flows.run import run
    from mlgit.render.pages.run import page

    project = session.project()
    here = os.path.relpath(os.path.realpath(session.folder), os.path.realpath(project.root))
    record = run(
        project,
        stages,
        pull=not no_pull,
        force=force,
        dry_run=dry_run,
        show=session.verbosity >= 0,
        commit=commit,
        folder="" if here == "." else here.replace(os.sep, "/"),
        ci=os.environ,
        progress=session.progress(),
    )
    session.print_result(record, lambda: page(record))
    return Exit.BLOCKED if record.blocked else Exit.DONE
