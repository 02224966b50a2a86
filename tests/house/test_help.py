"""Help: one screen that names every option, and all texts with `-v`."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from mlgit.cli.main import cli
from mlgit.cli.shell.groups import GlobalOption
from mlgit.cli.shell.session import Session
from tests.house.test_house import LINES, entry_of


def help_of(command: str, *, verbose: bool) -> str:
    session = Session()
    session.verbosity = int(verbose)
    ctx = click.Context(cli, info_name="mlgit", obj=session, terminal_width=80, max_content_width=80)
    for name in command.split():
        assert isinstance(ctx.command, click.Group)
        found = ctx.command.get_command(ctx, name)
        assert found is not None
        ctx = click.Context(found, info_name=name, parent=ctx)
    return ctx.get_help()


@pytest.mark.parametrize("command", LINES)
def test_the_help_of_a_command_is_one_screen_that_names_every_option(command: str) -> None:
    short, full = help_of(command, verbose=False), help_of(command, verbose=True)
    assert len(short.splitlines()) <= 24
    options = [each for each in entry_of(command).params if isinstance(each, click.Option)]
    names = {min(each.opts, key=len) for each in options if isinstance(each, GlobalOption)}
    names |= {max(each.opts, key=len) for each in options if not isinstance(each, GlobalOption)}
    assert {each for each in names if not re.search(rf"[ ,]{each}\b", short)} == set()
    explained = {max(each.opts, key=len) for each in options if not isinstance(each, GlobalOption)}
    listed = full.partition("\nOptions:")[2].partition("\n\n")[0]
    assert {each for each in explained if not re.search(rf"[ ,]{each}\b", listed)} == set()
    if f"mlgit {command} -v --help" not in short:
        assert short == full


@pytest.mark.parametrize("command", LINES)
def test_the_examples_of_a_command_can_be_pasted(command: str) -> None:
    shown = help_of(command, verbose=False).partition("Examples:\n")[2].partition("\n\n")[0]
    for example in filter(None, map(str.strip, shown.splitlines())):
        typed, _, explained = example.partition("  ")
        assert not explained or explained.strip().startswith("# "), example
        ctx, words = click.Context(cli, info_name="mlgit", obj=Session()), shlex.split(typed)[1:]
        while isinstance(ctx.command, click.Group):
            name, found, words = ctx.command.resolve_command(ctx, words)
            assert found is not None
            assert name is not None
            ctx = click.Context(found, info_name=name, parent=ctx)
        ctx.command.parse_args(ctx, words)


@pytest.mark.parametrize(
    "argv", ["-v check --help", "check -v --help", "check --help -v", "check --help --verbose"]
)
def test_verbose_help_explains_every_option(argv: str) -> None:
    shown = CliRunner().invoke(cli, argv.split())
    assert shown.exit_code == 0
    assert "Accept metrics from stale stages" in shown.output
    assert "Accept metrics from stale stages" not in CliRunner().invoke(cli, ["check", "--help"]).output
