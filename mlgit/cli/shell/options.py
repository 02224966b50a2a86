"""Options: the command decorator, the global options, and options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.groups import GlobalOption, list_options, with_quiet_help
from mlgit.cli.shell.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_VERBOSE = ("-v", "-vv", "--verbose")


def _global(*names: str, sets: str, fixed: object = None, **attributes: Any) -> click.Option:  # noqa: ANN401
    """An option that writes `fixed`, or its value, into an attribute of the session."""

    def callback(ctx: click.Context, _: click.Parameter, value: str | float | None) -> None:
        if value or value == "":  # `-C ""` is given, too
            setattr(ctx.ensure_object(Session), sets, value if fixed is None else fixed)

    return GlobalOption(names, expose_value=False, callback=callback, **attributes)


def _completed_by(name: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """A function of the completion module, which is imported when the shell completes a word."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Any:  # noqa: ANN401
        from mlgit.cli.shell import completion

        return getattr(completion, name)(ctx, parameter, incomplete)

    return complete


def global_options() -> list[click.Option]:
    """The options that are allowed before and after the command's name."""
    complete, folder = _completed_by("folders_offer"), "Run as if started in DIR."
    as_json = "Print one JSON document (schema: schemas/)."
    verbose = "Show full lists and, on errors, the traceback."
    return [
        _global("-C", "folder", sets="folder", metavar="DIR", shell_complete=complete, help=folder),
        _global("--json", "as_json", sets="as_json", is_flag=True, help=as_json),
        _global("-q", "--quiet", sets="verbosity", fixed=-1, is_flag=True, help="No progress, no hints."),
        _global("-v", "--verbose", sets="verbosity", count=True, help=verbose),
    ]


def output_option(help_text: str) -> Decorator:
    """`-o DIR`: the folder for a job's files."""
    return click.option(
        "-o",
        "--output",
        metavar="DIR",
        default="mlgit-report",
        show_default=True,
        shell_complete=_completed_by("folders_offer"),
        help=help_text,
    )


def environment_option(help_text: str, *names: str, required: bool = True) -> Decorator:
    """`--env ENV`, given to the command as `environment`; with `names`, it has these instead."""
    return click.option(
        *(names or ("--env",)),
        "environment",
        metavar="ENV",
        required=required,
        shell_complete=_completed_by("environments_offer"),
        help=help_text,
    )


def reason_option() -> Decorator:
    """`-m REASON`, given to the command as `reason`."""
    return click.option("-m", "--message", "reason", metavar="REASON", help="Reason, recorded in the tag.")


def write_options(local_help: str) -> Decorator:
    """`--local` and `--dry-run` of the commands that write tags."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function = click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")(function)
        return click.option("--local", is_flag=True, help=local_help)(function)

    return add


fetch_option = click.option(
    "--fetch", is_flag=True, help="Fetch trunk and tags first; otherwise no network is used."
)


class MlgitCommand(click.Command):
    """A command whose last options are the global ones.

    If it has `common` options, `--help` explains these and names the others; `-v --help` explains all.
    """

    def __init__(self, *args: Any, common: Sequence[str] = (), **kwargs: Any) -> None:  # noqa: ANN401 (click's)
        super().__init__(*args, **kwargs)
        self._common = common
        # In a raw docstring, click's "do not wrap" mark is two characters.
        self.help = (self.help or "").replace("\\b\n", "\b\n")
        self.params.extend(global_options())

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return with_quiet_help(super().get_help_option(ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["mlgit.arguments"] = list(args)
        ctx.ensure_object(Session).context = ctx
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        list_options(ctx, formatter, common=() if _verbose(ctx) else self._common)


def _verbose(ctx: click.Context) -> bool:
    """Whether `-v` is before or after the command; click runs `--help` before it has read the rest."""
    given: list[str] = ctx.meta.get("mlgit.arguments", [])
    return ctx.ensure_object(Session).verbosity > 0 or any(each in _VERBOSE for each in given)


def command(name: str, *, common: Sequence[str] = ()) -> Callable[[Callable[..., Any]], MlgitCommand]:
    """`click.command` with the global options; `common` is as in `MlgitCommand`."""
    return click.command(name, cls=MlgitCommand, common=common)
