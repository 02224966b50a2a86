"""`mlgit ci`: the commands that set up CI and those that its jobs call."""

from __future__ import annotations

import click

from mlgit.cli.shell.groups import LazyGroup
from mlgit.cli.shell.options import global_options
from mlgit.cli.shell.output import write_text
from mlgit.cli.shell.session import Session
from mlgit.errors import UsageError

# Section -> command -> its line in `mlgit ci --help`. A test compares these with each command's own help.
CI_COMMANDS: dict[str, dict[str, str]] = {
    "Set up": {
        "init": "Write the CI templates for GitHub or GitLab.",
        "update": "Show and apply what changed in the bundled templates.",
    },
    "Called by the templates": {
        "pr": "Verify or run the pipeline of a pull request, then evaluate the gates.",
        "comment": "Put the report on the pull request, and set its check.",
        "merged": "Release and promote merged changes that pass the gates.",
        "tag": "Parse a pushed tag, verify it, and show what to deploy.",
        "monitor": "Check the default branch on a schedule, and report.",
    },
}


@click.group("ci", cls=LazyGroup, sections=CI_COMMANDS, package="mlgit.cli.ci", invoke_without_command=True)
@click.pass_context
def entry(ctx: click.Context) -> None:
    """Set up CI, and run its jobs.

    `mlgit ci init` writes workflow files once. They check out, install mlgit and call one of the other
    commands here. To repeat a job on a laptop, copy that line.
    """
    if ctx.invoked_subcommand is None:
        if ctx.ensure_object(Session).as_json:
            raise UsageError("There is no command to run", hint="see `mlgit ci --help`")
        write_text(f"{ctx.get_help()}\n")


entry.params.extend(global_options())
