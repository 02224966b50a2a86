"""`mlgit ci pr`."""

from __future__ import annotations

import os
from typing import Literal

import click

from mlgit.cli.shell.destinations import folder_destination
from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import UsageError


@command("pr")
@click.option(
    "--pipeline",
    type=click.Choice(["verify", "run"]),
    default="verify",
    show_default=True,
    help="Verify the committed results, or run the pipeline.",
)
@click.option("--commit", is_flag=True, help="With `run`: commit and push the results.")
@output_option("Folder for the report.")
@pass_session
def entry(session: Session, /, *, pipeline: Literal["verify", "run"], commit: bool, output: str) -> int:
    r"""Verify or run the pipeline of a pull request, then evaluate the gates.

    `verify` does not train: dvc.lock must match the code, parameters and data of the commit, the committed
    metrics must match dvc.lock, and the DVC remote must have the outputs. `run` pulls missing data, runs
    the pipeline and pushes its results. Both write the report into DIR.

    Exit codes: 0 allowed, 1 blocked, 3 invalid file, 4 repository state, 5 a stage or a remote failed.

    \b
    Examples:
      mlgit ci pr
      mlgit ci pr --pipeline run --commit
    """
    if commit and pipeline != "run":
        raise UsageError("`--commit` needs `--pipeline run`", hint="`verify` does not change files")
    folder = folder_destination(session.folder, output)
    session.begin(compares=True)
    from mlgit.flows.ci.pr import ci_pr
    from mlgit.render.pages.ci.pr import page

    report = ci_pr(
        session.project,
        pipeline=pipeline,
        commit=commit,
        folder=folder,
        variables=os.environ,
        show=session.verbosity >= 0,
        progress=session.progress(),
    )
    session.print_result(report, lambda: page(report))
    return report.exit_code
