"""`mlgit get`."""

from __future__ import annotations

import os
from functools import partial

import click

from mlgit.cli.shell.completion import folders_offer, models_offer, references_offer
from mlgit.cli.shell.destinations import folder_destination
from mlgit.cli.shell.options import command
from mlgit.cli.shell.session import Session, pass_session


@command("get")
@click.argument("reference", metavar="REF", shell_complete=references_offer)
@click.option(
    "-o",
    "--output",
    "out",
    default=".",
    metavar="DIR",
    shell_complete=folders_offer,
    help="Folder to write into. [default: the current one]",
)
@click.option(
    "--repo",
    metavar="URL",
    shell_complete=folders_offer,
    help="Fetch from another clone, or from any URL that git can clone.",
)
@click.option(
    "--model", metavar="MODEL", shell_complete=models_offer, help="The model, if REF does not name it."
)
@click.option("--force", is_flag=True, help="Overwrite existing files that differ.")
@pass_session
def entry(
    session: Session, reference: str, *, out: str, repo: str | None, model: str | None, force: bool
) -> None:
    r"""Fetch the files of a version or environment.

    REF is `tumor@v1.2.0`, `tumor@latest`, `tumor#prod`, `prod`, or any Git revision. Files come from this
    clone's DVC cache, otherwise from the DVC remote. Each is checked against DVC's md5 and the sha256 that
    the release states. Existing files that differ are only overwritten with --force.

    \b
    Examples:
      mlgit get tumor@v1.2.0 -o /srv/models
      mlgit get tumor#prod --repo https://github.com/acme/tumor.git
    """
    from mlgit.operations.get import get, get_from
    from mlgit.render.pages.get import page

    folder = os.path.abspath(folder_destination(session.folder, out))
    fetch = (
        partial(get, session.project())
        if repo is None
        else partial(get_from, _url(session, repo), now=session.now)
    )
    record = fetch(reference, folder=folder, model=model, force=force, progress=session.progress())
    for note in record.notes:
        session.note(note)
    session.print_result(record, lambda: page(record, here=os.getcwd()))


def _url(session: Session, repo: str) -> str:
    local = os.path.join(session.folder, repo)
    return os.path.abspath(local) if os.path.isdir(local) else repo
