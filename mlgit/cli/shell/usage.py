"""Usage: what is wrong with a command line, and how to write it."""

from __future__ import annotations

import re

import click

from mlgit.cli.shell.synonyms import with_environment
from mlgit.core.wording import nearest, words
from mlgit.errors import UsageError

ARGUMENTS = "mlgit.arguments"
"""The key of a context's `meta` for the words after the command."""
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


def as_usage_error(error: click.ClickException) -> UsageError:
    """Say what click found in backticks, with the correct command line as a hint if it is known."""
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return UsageError(_in_backticks(error.format_message()))
    swapped = _environment_as_argument(ctx)
    if swapped is not None:
        return swapped
    name = ctx.command_path.partition(" ")[2] or ctx.command_path
    message, hint = _in_backticks(error.format_message()), f"see `{ctx.command_path} --help`"
    if isinstance(error, click.MissingParameter) and error.param is not None:
        from mlgit.cli.shell.missing import missing_argument

        from_repository = missing_argument(error.param, ctx, ctx.meta.get(ARGUMENTS, []))
        return from_repository or UsageError(f"`{name}` needs `{_written(error.param, ctx)}`", hint=hint)
    if isinstance(error, click.NoSuchOption):
        known = [option for each in ctx.command.get_params(ctx) for option in each.opts if option[:1] == "-"]
        alike = nearest(error.option_name, known)
        return UsageError(
            f"`{name}` has no option `{error.option_name}`",
            hint=f"did you mean `{alike}`?" if alike else hint,
        )
    extra = _EXTRA.fullmatch(message)
    if extra is not None:
        most = [_written(each, ctx) for each in ctx.command.params if isinstance(each, click.Argument)]
        takes = f"takes only `{' '.join(most)}`" if most else "takes no arguments"
        return UsageError(f"`{name}` {takes}, not `{extra[1]}`", hint=hint)
    return UsageError(message, hint=hint)


def _in_backticks(message: str) -> str:
    """A message of click, with names and values in backticks as in all others."""
    plain = message.rstrip(".").replace("a valid integer range", "a whole number")
    return plain if "`" in plain else re.sub(r"'([^']*)'", r"`\1`", plain)


def _written(parameter: click.Parameter, ctx: click.Context) -> str:
    """A parameter as it is written in a command."""
    metavar = parameter.make_metavar(ctx)
    if not isinstance(parameter, click.Option):
        return metavar
    # The short form of a letter may be first.
    return f"{next((each for each in parameter.opts if each[:2] == '--'), parameter.opts[0])} {metavar}"


def _environment_as_argument(ctx: click.Context) -> UsageError | None:
    """The error if the environment was written after the model, as in `promote tumor prod`."""
    option = next((each for each in ctx.command.params if each.name == "environment"), None)
    given: list[str] = ctx.meta.get(ARGUMENTS, [])
    try:
        found, extra, _ = ctx.command.make_parser(ctx).parse_args(list(given))
    except click.UsageError:
        return None
    if option is None or "environment" in found or len(extra) != 1:
        return None
    before = [*ctx.command_path.split(), *[each for each in given if each != extra[0]]]
    command = words(with_environment(ctx.command, before, extra[0]))
    message = f"`{ctx.command.name}` takes the environment with `{option.opts[0]}`"
    return UsageError(message, hint=f"run `{command}`")
