"""Groups: click groups that import a command when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlgit.cli.shell.output import write_text
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def with_quiet_help(option: click.Option | None) -> click.Option | None:
    """The option `--help`; it also works if a pager ends before the help does."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click calls it so)
        if value and not ctx.resilient_parsing:
            write_text(f"{ctx.get_help()}\n")
            ctx.exit()

    if option is not None:
        option.callback = show
    return option


class LazyGroup(click.Group):
    """A group whose commands are modules of `package`.

    `sections` is title -> command -> its line in the help. The entry of the commands that are `packages` is
    in their module `group`.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 (click's own signature)
        sections: Mapping[str, Mapping[str, str]],
        package: str,
        packages: Collection[str] = (),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self._package = package
        self._packages = packages

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
        """Resolve as click does, with the nearest name as a hint."""
        name = args[0]
        if name in self.list_commands(ctx) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from mlgit.core.wording import nearest

        path = ctx.command_path
        known = nearest(name, self.list_commands(ctx))
        hint = f"did you mean `{path} {known}`?" if known else f"see `{path} --help`"
        raise UsageError(f"There is no command `{name}`", hint=hint)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Print the commands by section without importing them."""
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, text.replace("`", "")) for name, text in commands.items()])
