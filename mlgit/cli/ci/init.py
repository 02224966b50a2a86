"""`mlgit ci init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session
from mlgit.core.forge.hosts import HOSTS, Host

if TYPE_CHECKING:
    from mlgit.core.ci.templates import PipelineMode


@command("init")
@click.option("--host", type=click.Choice(tuple(HOSTS)), help="The forge  [default: that of the remote]")
@click.option(
    "--pipeline",
    type=click.Choice(["verify", "run"]),
    help="Verify committed results, or run the pipeline.  [default: the current setting, otherwise verify]",
)
@click.option(
    "--requirement",
    "requirements",
    multiple=True,
    metavar="SPEC",
    help="What the jobs install, or '' if their machines have mlgit; repeatable.  "
    "[default: what this mlgit was installed from, and DVC's plug-in for the remote]",
)
@click.option("--force", is_flag=True, help="Also replace files that were edited.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, but write nothing.")
@pass_session
def entry(
    session: Session,
    *,
    host: Host | None,
    pipeline: PipelineMode | None,
    requirements: tuple[str, ...],
    force: bool,
    dry_run: bool,
) -> None:
    """Write the CI templates for GitHub or GitLab.

    Pull requests get a comment and the check `mlgit`, merges are released and promoted, tags are deployed.
    Run it again to restore missing files; the others do not change.

    \b
    Examples:
      mlgit ci init                                # the forge of the remote
      mlgit ci init --host gitlab --pipeline run   # CI runs the pipeline
      mlgit ci init --requirement mlgit@git+https://HOST/OWNER/mlgit@COMMIT
    """  # noqa: D301 (click wants the character)
    session.begin()
    from mlgit.core.ci.requirement import checked_requirement
    from mlgit.operations.ci.init import install
    from mlgit.render.pages.ci.templates import init_page

    record = install(
        session.project(),
        host=host,
        pipeline=pipeline,
        requirement=checked_requirement(requirements) if requirements else None,
        force=force,
        dry_run=dry_run,
    )
    session.print_result(record, lambda: init_page(record))
