"""Groups: click groups that import a command when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.formatting import wrap_text

from mlgit.cli.shell.output import write_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


# Longer options have their text in the next line, so that one does not make all texts narrow.
_OPTION_COLUMN = 24
_UNBROKEN = "\N{NO-BREAK SPACE}"


class GlobalOption(click.Option):
    """An option of every command. Help names it in its last line; `mlgit --help` explains it."""


def with_quiet_help(option: click.Option | None) -> click.Option | None:
    """The option `--help`; it also works if a pager ends before the help does."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click calls it so)
        if value and not ctx.resilient_parsing:
            write_text(f"{ctx.get_help()}\n")
            ctx.exit()

    if option is not None:
        option.callback = show
    return option


def list_options(ctx: click.Context, formatter: click.HelpFormatter, *, common: Sequence[str] = ()) -> None:
    """Write the command's own options, then the names of those that every command takes.

    If some are `common`, write these in their order, and only the names of the others.
    """
    own: dict[str, tuple[str, str]] = {}
    everywhere = []
    for parameter in ctx.command.get_params(ctx):
        if isinstance(parameter, GlobalOption) or "--help" in parameter.opts:
            metavar = f" {parameter.metavar}" if parameter.metavar else ""
            everywhere.append(min(parameter.opts, key=len) + metavar)
        elif (record := parameter.get_help_record(ctx)) is not None and isinstance(parameter, click.Option):
            own[max(parameter.opts, key=len)] = record
    shown = [own.pop(name) for name in common] or list(own.values())
    if shown:
        with formatter.section("Options"):
            formatter.write_dl(shown, col_max=_OPTION_COLUMN)
    formatter.write_paragraph()
    if common:
        full = f"(see `{ctx.command_path} -v --help`)".replace(" ", _UNBROKEN)
        text = wrap_text(f"More: {', '.join(own)} {full}", formatter.width, subsequent_indent=" " * 6)
        formatter.write(text.replace(_UNBROKEN, " ") + "\n")
    formatter.write(f"Also: {', '.join(everywhere)} (see `mlgit --help`)\n")


class LazyGroup(click.Group):
    """A group whose commands are modules of `package`.

    `sections` is title -> command -> its line in the help; if some are `described`, the help has only the
    names in the others. The entry of the commands that are `packages` is in their module `group`.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 (click's own signature)
        sections: Mapping[str, Mapping[str, str]],
        package: str,
        packages: Collection[str] = (),
        described: Collection[str] = (),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self._package = package
        self._packages = packages
        self._described = described

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return with_quiet_help(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """All names, in the order of the help."""
        return [name for group in self.sections.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and take its `entry`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        from importlib import import_module

        module = f"{self._package}.{cmd_name}{'.group' if cmd_name in self._packages else ''}"
        found: click.Command = import_module(module).entry
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does, with the command that is meant as a hint."""
        name = args[0]
        if name in self.list_commands(ctx) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from mlgit.cli.shell.synonyms import unknown_command

        raise unknown_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the options."""
        self.format_commands(ctx, formatter)
        if ctx.parent is not None:
            list_options(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by section without importing them."""
        named: list[tuple[str, str]] = []
        for title, commands in self.sections.items():
            if self._described and title not in self._described:
                named.append((title, ", ".join(commands)))
                continue
            with formatter.section(title):
                formatter.write_dl([(name, _in_list(text)) for name, text in commands.items()])
        if named:
            with formatter.section("More"):
                formatter.write_dl(named)


def _in_list(text: str) -> str:
    return text.replace("`", "").removesuffix(".")
