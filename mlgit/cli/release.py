"""`mlgit release`."""

from __future__ import annotations

import os
from typing import Any

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, write_options
from mlgit.cli.shell.session import Session, pass_session


@command("release")
@click.argument("target", metavar="MODEL[@VERSION]", shell_complete=models_offer)
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch", "auto"]),
    help="Which number goes up (default: patch); auto looks at what the pipeline reads.",
)
@click.option("--pre", metavar="LABEL", help="Release a pre-release, such as `rc`.")
@click.option("-m", "--message", "text", metavar="TEXT", help="What the tag says to people.")
@click.option("--commit", is_flag=True, help="Add an empty commit when HEAD is a version already.")
@click.option("--force", is_flag=True, help="Release a model whose content another version has.")
@click.option("--push-data", is_flag=True, help="Push the model to the DVC remote first.")
@click.option(
    "--data-elsewhere",
    is_flag=True,
    help="Release a model that neither Git nor the DVC remote has; the tag states it.",
)
@write_options("Write the tag here only; `mlgit push` publishes it.")
@pass_session
def entry(session: Session, /, target: str, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Register a version of a model.

    The commit you stand on becomes a version: an annotated tag that gto and DVC read, with what went into
    the model stated in its message. The working tree must be clean, the pipeline up to date, HEAD on trunk
    and pushed, the model in the DVC remote, and the gates must let it pass.

    \b
    Examples:
      mlgit release tumor                 the next version (the first is v1.0.0)
      mlgit release tumor@v2.0.0 -m TEXT  that one
      mlgit release tumor --pre rc        v2.0.1-rc.1, from any pushed branch
    """
    from mlgit.operations.release import ReleaseOptions, release
    from mlgit.render.pages.change import page

    chosen = ReleaseOptions(**options, ci=os.environ)
    record = release(session.project(), target, options=chosen, progress=session.progress())
    session.print_result(record, lambda: page(record))
