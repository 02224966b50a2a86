"""`mlgit ci pr`."""

from __future__ import annotations

import os
from typing import Literal

import click

from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session
from mlgit.errors import UsageError


@command("pr")
@click.option(
    "--pipeline",
    type=click.Choice(["verify", "run"]),
    default="verify",
    show_default=True,
    help="Prove that what is committed comes from the pipeline, or run it.",
)
@click.option("--commit", is_flag=True, help="With `run`: commit what DVC wrote and push it to the branch.")
@output_option("Write the report's files into DIR.")
@pass_session
def entry(session: Session, /, *, pipeline: Literal["verify", "run"], commit: bool, output: str) -> int:
    r"""Verify or run the pipeline of a pull request, evaluate the gates.

    `verify` trains nothing: dvc.lock must match code, parameters and data of the commit, the committed
    metrics must be those that dvc.lock recorded, and the DVC remote must have the outputs. `run` pulls what
    is missing, runs the pipeline and sends its results to the DVC remote.

    DIR gets report.json, report.md, report.html, junit.xml, metrics.txt (OpenMetrics), codequality.json and
    mlgit.env, also when no verdict can be formed. `mlgit ci comment` takes it from there.

    \b
    Exit codes: 0 allowed (also with warnings), 1 blocked, 3 a file is invalid,
    4 the repository is not in a state for it, 5 a stage or a remote failed.

    \b
    Examples:
      mlgit ci pr
      mlgit ci pr --pipeline run --commit
    """
    if commit and pipeline != "run":
        raise UsageError("`--commit` goes with `--pipeline run`", hint="`verify` makes nothing to commit")
    session.begin(compares=True)
    from mlgit.flows.ci.pr import ci_pr
    from mlgit.render.pages.ci.pr import page

    report = ci_pr(
        session.project,
        pipeline=pipeline,
        commit=commit,
        folder=os.path.join(session.folder, output),
        variables=os.environ,
        show=session.verbosity >= 0,
        progress=session.progress(),
    )
    session.print_result(report, lambda: page(report))
    return report.exit_code
