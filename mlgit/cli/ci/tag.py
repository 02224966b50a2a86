"""`mlgit ci tag`."""

from __future__ import annotations

import os

import click

from mlgit.cli.shell.options import command, output_option
from mlgit.cli.shell.session import Session, pass_session


@command("tag")
@click.argument("ref", metavar="[TAG]", required=False)
@click.option("--deploy", is_flag=True, help="Deploy what the tag asks for, and record that at the forge.")
@output_option("Where mlgit.env, with values for the jobs that follow, is written.")
@pass_session
def entry(session: Session, *, ref: str | None, deploy: bool, output: str) -> int:
    """Parse a pushed tag, verify it, and say what to deploy.

    Without TAG it is the one that the CI run is about. Its name is matched in full before anything else;
    then the remote's own object is fetched and held against its name, its statement, trunk, dvc.lock and
    the release that it names. A tag that does not pass deploys nothing. For a tag that a newer one
    superseded, --deploy deploys the newer one: a forge may have cancelled its job.

    \b
    Outputs (GITHUB_OUTPUT, and DIR/mlgit.env with MLGIT_ before them):
      event, name, version, stage, type, path, description as gto-action has them
      environment, tag, commit, superseded, deploy (true or false)

    \b
    Exit codes: 0 verified (also when superseded), 1 not verified,
    4 no tag of a model, or gone, 5 the remote or the deployment failed.
    """  # noqa: D301 (click takes a backspace for "do not wrap")
    from mlgit.adapters.runner.event import read_event
    from mlgit.core.ci.tag_event import outputs_of
    from mlgit.flows.ci.publish import publish_outputs
    from mlgit.flows.ci.tag import deploy_tag, read_tag_event
    from mlgit.render.pages.ci.tag import page

    event, record = read_event(os.environ), None
    try:
        record = read_tag_event(session.project(), ref, event=event)
    finally:
        # Also after an error: later jobs must not read the values of an earlier run.
        publish_outputs(outputs_of(record), os.environ, folder=os.path.join(session.folder, output))
    if deploy:
        record = deploy_tag(
            session.project(), record, event=event, variables=os.environ, progress=session.progress()
        )
    session.print_result(record, lambda: page(record))
    return record.exit_code
