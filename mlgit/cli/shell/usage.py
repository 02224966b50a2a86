"""Usage: what is wrong with a command line, and how to write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from mlgit.core.wording import nearest
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from mlgit.cli.shell.meant import Meant

_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


def as_usage_error(error: click.ClickException) -> UsageError:
    """Say what click found in backticks, with the correct command line as a hint if it is known."""
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return UsageError(_in_backticks(error.format_message()))
    name = ctx.command_path.partition(" ")[2] or ctx.command_path
    message, hint = _in_backticks(error.format_message()), f"see `{ctx.command_path} --help`"
    extra = _EXTRA.fullmatch(message)
    found = _meant(error, ctx, elsewhere=extra is not None)
    if found is not None:
        hint = found.hint
        takes = None if isinstance(error, click.NoSuchOption) else found.takes
        if found.absent is not None or takes is not None:
            return UsageError(found.absent or f"`{name}` takes {takes}", hint=hint)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        from mlgit.cli.shell.meant import ARGUMENTS
        from mlgit.cli.shell.missing import missing_argument

        needed = missing_argument(error.param, ctx, ctx.meta.get(ARGUMENTS, []))
        needed = needed or UsageError(f"`{name}` needs `{_written(error.param, ctx)}`", hint=hint)
        return needed if found is None else UsageError(needed.message, hint=hint)
    if isinstance(error, click.NoSuchOption):
        known = [option for each in ctx.command.get_params(ctx) for option in each.opts if option[:1] == "-"]
        # Dashes alone make no two names alike.
        bare = {each.lstrip("-"): each for each in known}
        alike = bare.get(nearest(error.option_name.lstrip("-"), bare) or "")
        if found is None and alike is not None:
            hint = f"did you mean `{alike}`?"
        return UsageError(f"`{name}` has no option `{error.option_name}`", hint=hint)
    if extra is not None:
        most = [_written(each, ctx) for each in ctx.command.params if isinstance(each, click.Argument)]
        takes = f"takes only `{' '.join(most)}`" if most else "takes no arguments"
        return UsageError(f"`{name}` {takes}, not `{extra[1]}`", hint=hint)
    return UsageError(message, hint=hint)


def _meant(error: click.ClickException, ctx: click.Context, *, elsewhere: bool) -> Meant | None:
    from mlgit.cli.shell.meant import BEFORE, meant

    wrong = isinstance(error, click.NoSuchOption) and error.option_name in BEFORE
    return meant(ctx) if wrong or elsewhere or isinstance(error, click.MissingParameter) else None


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
