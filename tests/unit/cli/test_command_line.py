"""Command line: no command, an unknown command, help, errors and progress."""

from __future__ import annotations

import json

import click
import pytest

from mlgit.cli.ci.group import CI_COMMANDS
from mlgit.cli.main import COMMANDS, cli, run
from mlgit.cli.shell.failure import failure_page
from mlgit.cli.shell.progress import Lines
from mlgit.core.release.publication import BranchPush, DataPush, Publication
from mlgit.errors import Exit, StateError
from mlgit.render.console import plain
from mlgit.render.pages.push import page as push_page

NAMES = [
    *(name for group in COMMANDS.values() for name in group),
    *(f"ci {name}" for group in CI_COMMANDS.values() for name in group),
]


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == Exit.DONE
    shown = capsys.readouterr()
    assert shown.out.startswith("Usage: mlgit ")
    assert "  rollback " in shown.out
    assert shown.err == ""


def test_no_command_is_an_error_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json"]) == Exit.USAGE
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_a_group_without_its_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ci"]) == Exit.DONE
    assert capsys.readouterr().out.startswith("Usage: mlgit ci ")
    assert run(["--json", "ci"]) == Exit.USAGE
    assert json.loads(capsys.readouterr().out)["error"]["hint"] == "see `mlgit ci --help`"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("stats", "did you mean `mlgit status`?"),
        ("help", "see `mlgit --help`"),
        ("ci monitr", "did you mean `mlgit ci monitor`?"),
        ("ci help", "see `mlgit ci --help`"),
    ],
)
def test_an_unknown_command_is_an_error_with_one_hint(
    capsys: pytest.CaptureFixture[str], typed: str, hint: str
) -> None:
    assert run(typed.split()) == Exit.USAGE
    word = typed.rpartition(" ")[2]
    assert capsys.readouterr().err == f"error: There is no command `{word}`\n  hint: {hint}\n"


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_80_columns(name: str) -> None:
    context = click.Context(cli, info_name="mlgit")
    command: click.Command = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None
        command = found
        context = click.Context(command, info_name=word, parent=context, terminal_width=80)
    text = command.get_help(context)
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_details_of_an_error_keep_their_indent() -> None:
    error = StateError("Refused", details=("call:", "\tgit config"))
    assert plain(failure_page(error)) == "error: Refused\n  call:\n    git config\n"


def test_a_task_is_printed_once_until_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for _ in range(2):
        lines.start("Pushing", total=5)
    lines.start("Pushing", total=6)
    lines.end()
    lines.start("Pushing", total=6)
    assert capsys.readouterr().err.splitlines() == ["Pushing (5)", "Pushing (6)", "Pushing (6)"]


@pytest.mark.parametrize(("commits", "words"), [(1, "1 commit)"), (2, "2 commits)")])
def test_pushed_commits_are_counted(commits: int, words: str) -> None:
    branch = BranchPush(
        step="pushed", name="main", ref="refs/heads/main", old="a" * 40, new="b" * 40, commits=commits
    )
    record = Publication(dry_run=False, remote="origin", data=DataPush(step="already"), branch=branch)
    assert f"main -> origin/main (aaaaaaa..bbbbbbb, {words}" in plain(push_page(record))
