"""Main: the `mlgit` group, which imports a command when it runs, prints every error once and exits."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.groups import LazyGroup
from mlgit.cli.shell.options import global_options
from mlgit.cli.shell.output import flush, prepare_streams, say, write_text
from mlgit.cli.shell.session import Session
from mlgit.errors import Exit, MlgitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Group -> command -> its line in `mlgit --help`. A test compares these lines with the help of each command.
COMMANDS: dict[str, dict[str, str]] = {
    "Every day": {
        "status": "Show what is live, stale, changed, gated, and what to do next.",
        "run": "Run stale stages, then show changes and verdict.",
        "check": "Evaluate the gates; exit 1 if blocked.",
        "promote": "Put a version into an environment.",
        "rollback": "Go back to the previous version.",
    },
    "Start": {
        "init": "Look at the repository and write a minimal `mlgit.yaml`.",
        "demo": "Build a small real project and walk through the whole loop.",
        "doctor": "Check this clone, its config, remotes and tags.",
        "schema": "Print the JSON Schema of a file or of a command's JSON.",
    },
    "Develop": {
        "diff": "Compare metrics, params, data, models and stages of two states.",
        "experiments": "Show a leaderboard of branches, tags and DVC experiments.",
        "push": "Publish data, the branch and local tags.",
    },
    "Gate": {
        "report": "Write the check as Markdown, HTML, JSON, JUnit or text.",
    },
    "Release": {
        "release": "Register a version of a model.",
        "unassign": "Empty an environment.",
        "deregister": "Reject a version so that it can no longer be promoted.",
        "models": "List models, their versions and environments.",
        "show": "Show one model, version or environment.",
        "history": "Show who changed what, and when.",
        "get": "Fetch the files of a version or environment.",
    },
    "Operate": {
        "deploy": "Make a target serve the version in an environment.",
    },
    "CI": {
        "ci": "Set up CI, and run its jobs.",
    },
}
_EPILOG = """\b
Options: -C DIR (run there), --json (one document, schema: schemas/),
         -q (no progress, hints), -v (full lists, tracebacks), --version, -h
Exit codes: 0 done, 1 blocked or refused, 2 usage, 3 config,
            4 repository state, 5 a tool or remote failed
`mlgit COMMAND --help` explains one command
"""


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click calls it so)
    if value and not ctx.resilient_parsing:
        from mlgit import __version__

        write_text(f"mlgit {__version__}\n")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    sections=COMMANDS,
    package="mlgit.cli",
    packages=("ci",),
    described=("Every day",),
    # Without a command, click would fail with the whole help as its error.
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Test, gate and release models with Git and DVC."""
    session = ctx.ensure_object(Session)
    if ctx.invoked_subcommand is None:
        if session.as_json:
            raise UsageError("There is no command to run", hint="see `mlgit --help`")
        write_text(f"{ctx.get_help()}\n")


cli.params.extend(global_options())


def run(argv: Sequence[str]) -> int:  # noqa: PLR0911 (one return per way to end)
    """Run one command line and return the exit code."""
    if "_MLGIT_COMPLETE" in os.environ:
        from mlgit.cli.shell.completion import keep_words_whole

        keep_words_whole()
    session = Session()
    # Read early, so that even a usage error is JSON if the user wants JSON.
    session.as_json, session.argv = "--json" in argv, tuple(argv)
    prepare_streams()
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from mlgit.cli.shell.runner_log import RunnerLog

        sys.stdout = RunnerLog(sys.stdout, as_json=session.as_json)
        sys.stderr = RunnerLog(sys.stderr)
    try:
        result: Any = cli.main(args=list(argv), prog_name="mlgit", standalone_mode=False, obj=session)
        flush()
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        if isinstance(stop.__cause__, EOFError):  # click treats any end of file as the end of the input
            return _bug(stop.__cause__, session)
        say("Interrupted")
        return Exit.INTERRUPTED
    except SystemExit as stop:  # click's answer to any broken pipe
        if not isinstance(stop.__context__, OSError):
            raise
        from mlgit.cli.shell.failure import print_failure

        return print_failure(stop.__context__, session)
    except (click.ClickException, MlgitError, OSError) as error:
        from mlgit.cli.shell.failure import print_failure

        return print_failure(error, session)
    except Exception as error:  # noqa: BLE001 (a bug becomes one line, not a traceback)
        return _bug(error, session)
    finally:
        session.close()
    return result if isinstance(result, int) else Exit.DONE


def _bug(error: Exception, session: Session) -> int:
    from mlgit.cli.shell.failure import print_bug

    print_bug(error, session)
    return Exit.BUG
