"""`mlgit release`."""

from __future__ import annotations

import os
from typing import Any

import click

from mlgit.cli.shell.completion import models_offer
from mlgit.cli.shell.options import command, write_options
from mlgit.cli.shell.session import Session, pass_session
from mlgit.core.wording import listed
from mlgit.errors import StateError, UsageError


@command("release", common=("--bump", "--pre", "--message", "--push-data", "--dry-run"))
@click.argument("target", required=False, metavar="[MODEL[@VERSION]]", shell_complete=models_offer)
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch", "auto"]),
    help="Number to raise; `auto` decides.  [default: patch]",
)
@click.option("--pre", metavar="LABEL", help="Release a pre-release, such as `rc`.")
@click.option("-m", "--message", "text", metavar="TEXT", help="Message of the tag.")
@click.option("--commit", is_flag=True, help="Add an empty commit if HEAD is a version.")
@click.option("--force", is_flag=True, help="Release a model that is the same as another version.")
@click.option("--push-data", is_flag=True, help="Push the model to the DVC remote first.")
@click.option(
    "--data-elsewhere",
    is_flag=True,
    help="Release a model that only another storage has.",
)
@write_options("Write the tag here only; `mlgit push` publishes it.")
@pass_session
def entry(session: Session, /, target: str | None, **options: Any) -> None:  # noqa: ANN401 (those above)
    r"""Register a version of a model.

    HEAD becomes a version: an annotated tag that gto and DVC read. It needs a clean tree, an up-to-date
    pipeline, HEAD pushed to trunk, the model in the DVC remote, and passing gates.

    \b
    Examples:
      mlgit release tumor                 # the next version (the first is v1.0.0)
      mlgit release tumor@v2.0.0 -m TEXT  # this version
      mlgit release tumor --pre rc        # v2.0.1-rc.1, from any pushed branch
    """
    from mlgit.core.release.options import ReleaseOptions
    from mlgit.operations.release import release
    from mlgit.render.pages.change import page

    chosen = ReleaseOptions(**options, ci=os.environ)
    if target is None:
        target = _only_model(session)
    record = release(session.project(), target, options=chosen, progress=session.progress())
    session.print_result(record, lambda: page(record))


def _only_model(session: Session) -> str:
    from mlgit.cli.shell.typed import named
    from mlgit.project.registry.models import declared_models

    names = sorted(declared_models(session.project()))
    if not names:
        raise StateError("No model is declared", hint="run `mlgit init`, or add `models:` to `mlgit.yaml`")
    if len(names) > 1:
        hint = None if session.typed is None else named(session.typed, names)
        raise UsageError(f"There are several models: {listed(names)}", hint=hint)
    return names[0]
