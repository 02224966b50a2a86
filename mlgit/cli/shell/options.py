"""Options: the command decorator, with the global options every command takes."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from mlgit.cli.shell.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

P = ParamSpec("P")


def _folder(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).folder = value


def _folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from mlgit.cli.shell.completion import folders_offer

    return folders_offer(ctx, parameter, incomplete)


def _json(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click calls it so)
    if value:
        ctx.ensure_object(Session).as_json = True


def _quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click calls it so)
    if value:
        ctx.ensure_object(Session).verbosity = -1


def _verbose(ctx: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        ctx.ensure_object(Session).verbosity = value


def global_options() -> list[click.Option]:
    """The options that stand before or after the command's name."""
    return [
        click.Option(
            ["-C", "folder"],
            metavar="DIR",
            expose_value=False,
            callback=_folder,
            shell_complete=_folders,
            help="Run as if started in DIR.",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_json,
            help="Print one JSON document (schemas/ says its shape).",
        ),
        click.Option(
            ["-q", "--quiet", "quiet"],
            is_flag=True,
            expose_value=False,
            callback=_quiet,
            help="No progress, no hints.",
        ),
        click.Option(
            ["-v", "--verbose", "verbose"],
            count=True,
            expose_value=False,
            callback=_verbose,
            help="Say more: lists in full, and with an error where in mlgit it came from.",
        ),
    ]


def output_option(help_text: str) -> Decorator:
    """`-o DIR`: where a job's files go."""
    return click.option(
        "-o",
        "--output",
        metavar="DIR",
        default="mlgit-report",
        show_default=True,
        shell_complete=_folders,
        help=help_text,
    )


def _environments(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mlgit.cli.shell.completion import environments_offer

    return environments_offer(ctx, parameter, incomplete)


def environment_option(help_text: str, *, name: str = "--env", required: bool = True) -> Decorator:
    """`--env ENV`, given to the command as `environment`."""
    return click.option(
        name,
        "environment",
        metavar="ENV",
        required=required,
        shell_complete=_environments,
        help=help_text,
    )


def reason_option(*, required: bool = False) -> Decorator:
    """`-m REASON`, given to the command as `reason`."""
    help_text = "Why; it stands in the tag."
    return click.option("-m", "--message", "reason", metavar="REASON", required=required, help=help_text)


def write_options(local_help: str) -> Decorator:
    """`--local` and `--dry-run` of the commands that write tags."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function = click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")(function)
        return click.option("--local", is_flag=True, help=local_help)(function)

    return add


fetch_option = click.option(
    "--fetch", is_flag=True, help="Fetch trunk and tags first; without it no network is used."
)


class MlgitCommand(click.Command):
    """A command whose last options are the global ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (click's own signature)
        super().__init__(*args, **kwargs)
        # In a raw docstring click's mark for "do not wrap" is two characters.
        self.help = (self.help or "").replace("\\b\n", "\b\n")
        self.params.extend(global_options())


def pass_session(
    function: Callable[Concatenate[Session, P], int | None],
) -> Callable[P, int | None]:
    """Give the function the session as its first argument; what it returns is the exit code."""

    def with_session(*args: P.args, **kwargs: P.kwargs) -> int | None:
        return function(click.get_current_context().ensure_object(Session), *args, **kwargs)

    return update_wrapper(with_session, function)


def command(name: str) -> Callable[[Callable[..., Any]], MlgitCommand]:
    """`click.command` with the global options."""
    return click.command(name, cls=MlgitCommand)
