"""`mlgit ci tag`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.destinations import folder_destination
from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session


@command("tag")
@click.argument("ref", metavar="[TAG]", required=False)
@click.option("--deploy", is_flag=True, help="Deploy the tag's version, and record it at the forge.")
@output_option("Folder for mlgit.env, which later jobs read.")
@pass_session
def entry(session: Session, *, ref: str | None, deploy: bool, output: str) -> int:
    """Parse a pushed tag, verify it, and show what to deploy.

    TAG is the tag of the CI run by default. Its object is fetched from the remote and verified against its
    name, its statement, trunk, dvc.lock and the release that it names. A tag that fails is not deployed.
    If a newer tag superseded it, --deploy deploys the newer one, whose job the forge may have cancelled.

    \b
    Outputs (GITHUB_OUTPUT, and DIR/mlgit.env with MLGIT_ before them):
      event, name, version, stage, type, path, description as gto-action has them
      environment, tag, commit, superseded, deploy (true or false)

    \b
    Exit codes: 0 verified (also if superseded), 1 not verified,
    4 not a model tag, or gone, 5 the remote or the deployment failed.
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.adapters.runner.event import read_event
    from mlgit.core.ci.tag_event import outputs_of
    from mlgit.flows.ci.publish import publish_outputs
    from mlgit.flows.ci.tag import deploy_tag, read_tag_event
    from mlgit.render.pages.ci.tag import page

    folder = folder_destination(session.folder, output)
    event, record = read_event(os.environ), None
    try:
        record = read_tag_event(session.project(), ref, event=event)
    finally:
        # Also after an error: later jobs must not read the values of an earlier run.
        publish_outputs(outputs_of(record), os.environ, folder=folder)
    if deploy:
        record = deploy_tag(
            session.project(), record, event=event, variables=os.environ, progress=session.progress()
        )
    session.print_result(record, lambda: page(record))
    return record.exit_code
