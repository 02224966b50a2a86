"""Command `mlgit diff`: compare two states."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.completion import references_offer
from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session


@command("diff")
@click.argument("old", metavar="[A]", required=False, shell_complete=references_offer)
@click.argument("new", metavar="[B]", required=False, shell_complete=references_offer)
@click.option("--metrics", is_flag=True, help="Only metrics; can be combined with the next four.")
@click.option("--params", is_flag=True, help="Only parameters.")
@click.option("--data", is_flag=True, help="Only data: outputs that are neither metrics nor models.")
@click.option("--models", is_flag=True, help="Only models.")
@click.option("--stages", is_flag=True, help="Only stages.")
@click.option("--all", "show_unchanged", is_flag=True, help="Also list values that did not change.")
@pass_session
def entry(session: Session, /, old: str | None, new: str | None, **options: bool) -> None:
    r"""Compare metrics, params, data, models and stages of two states.

    Without A and B the working tree is compared with its base: the commit where the branch left the target
    branch, otherwise HEAD or the commit before. With only A it is compared with A. Each is an environment
    (`prod`), a version (`tumor@v1.2.0`) or a Git revision; `A..B` is both, `-` the branch before.

    \b
    Examples:
      mlgit diff        # what my change does
      mlgit diff prod   # the working tree against the version in prod
      mlgit diff prod staging --metrics
    """
    session.begin(compares=old is None, looks=old is None)
    from mlgit.operations.diff import diff
    from mlgit.project.compare.diff import PARTS
    from mlgit.render.pages.diff import page

    wanted = [name for name in PARTS if options[name]] or PARTS
    record = diff(
        session.project(), old, new, parts=wanted, show_unchanged=options["show_unchanged"], ci=os.environ
    )
    session.print_result(
        record, lambda: page(record, verbose=session.verbosity > 0 or options["show_unchanged"])
    )
