"""Command line: no command, an unknown command, help, errors and progress."""

from __future__ import annotations

import json

import click
import pytest

from mlgit.cli.ci.group import CI_COMMANDS
from mlgit.cli.main import COMMANDS, cli, run
from mlgit.cli.shell import synonyms
from mlgit.cli.shell.failure import failure_page
from mlgit.cli.shell.progress import Lines
from mlgit.core.release.publication import BranchPush, DataPush, Publication
from mlgit.errors import ConfigError, Exit, Location, StateError
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
        ("xyzzy", "see `mlgit --help`"),
        ("help", "see `mlgit --help`"),
        ("help check", "see `mlgit check --help`"),
        ("help xyzzy", "see `mlgit --help`"),
        ("Log", "to see who changed what, and when, run `mlgit history`"),
        ("list", "to see models, versions and environments, run `mlgit models`"),
        ("version", "to see the version of mlgit, run `mlgit --version`"),
        ("pull origin main", "to fetch missing data and run what is stale, run `mlgit run`"),
        ("repro train", "to run the pipeline, run `mlgit run train`"),
        ("repro train --downstream", "to run the pipeline, run `mlgit run`"),
        ("compare main HEAD", "to compare two states, run `mlgit diff main HEAD`"),
        ("register tumor", "to register a version, run `mlgit release tumor`"),
        ("register", "to register a version, run `mlgit release`"),
        ("register tumor --rev HEAD~1", "to register a version, run `mlgit release`"),
        ("assign", "to put a version into an environment, see `mlgit promote --help`"),
        ("assign tumor prod", "to put a version into an environment, run `mlgit promote tumor --to prod`"),
        (
            "assign tumor --version v1.0.0 --stage prod",
            "to put a version into an environment, run `mlgit promote tumor@v1.0.0 --to prod`",
        ),
        (
            "undo tumor --env prod -m slow",
            "to go back to the previous version, run `mlgit rollback tumor --env prod -m slow`",
        ),
        ("which tumor#prod", "to show a model, version or environment, run `mlgit show 'tumor#prod'`"),
        ("dag", "to see the graph of stages, run `dvc dag`"),
        ("merged", "did you mean `mlgit ci merged`?"),
        ("ci monitr", "did you mean `mlgit ci monitor`?"),
        ("ci help", "see `mlgit ci --help`"),
        ("ci deploy", "did you mean `mlgit deploy`?"),
        ("ci check", "to verify a pull request, run `mlgit ci pr`"),
    ],
)
def test_an_unknown_command_is_an_error_with_one_hint(
    capsys: pytest.CaptureFixture[str], typed: str, hint: str
) -> None:
    assert run(typed.split()) == Exit.USAGE
    word = typed.removeprefix("ci ").split()[0]
    assert capsys.readouterr().err == f"error: There is no command `{word}`\n  hint: {hint}\n"


SYNONYMS = [
    (group, name, row)
    for group, rows in synonyms.SYNONYMS.items()
    for names, row in rows.items()
    for name in names.split()
]


@pytest.mark.parametrize("group", synonyms.SYNONYMS)
def test_a_synonym_has_one_meaning_and_is_not_a_command(group: str) -> None:
    names = [name for where, name, _ in SYNONYMS if where == group]
    assert sorted(names) == sorted(set(names))
    commands = [f"mlgit {name}" for name in NAMES]
    assert [name for name in names if f"{group} {name}" in commands] == []


@pytest.mark.parametrize(("group", "name", "row"), SYNONYMS, ids=lambda value: str(value).replace(" ", "-"))
def test_the_hint_for_a_synonym_is_a_command_that_exists(
    capsys: pytest.CaptureFixture[str], group: str, name: str, row: synonyms.Meant
) -> None:
    assert run([*group.split()[1:], name]) == Exit.USAGE
    hint = capsys.readouterr().err.partition("hint: ")[2]
    assert row.purpose in hint
    tool, *argv = hint.split("`")[-2].split()
    if tool == "mlgit" and "--help" not in argv:
        argv = [word for word in argv if word != "--version"] + ["--help"]
        assert run(argv) == Exit.DONE
    else:
        assert tool in {"mlgit", "git", "dvc"}


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        (
            "promote tumor prod -m x",
            "`promote` takes the environment with `--to`",
            "run `mlgit promote tumor -m x --to prod`",
        ),
        (
            "unassign tumor prod",
            "`unassign` takes the environment with `--env`",
            "run `mlgit unassign tumor --env prod`",
        ),
        (
            "history tumor prod",
            "`history` takes the environment with `--env`",
            "run `mlgit history tumor --env prod`",
        ),
        ("get", "`get` needs `REF`", "see `mlgit get --help`"),
        ("unassign tumor -m x", "`unassign` needs `--env ENV`", "see `mlgit unassign --help`"),
        ("check --bas x", "`check` has no option `--bas`", "did you mean `--base`?"),
        ("check --xyzzy", "`check` has no option `--xyzzy`", "see `mlgit check --help`"),
        ("ci pr --xyzzy", "`ci pr` has no option `--xyzzy`", "see `mlgit ci pr --help`"),
        ("diff a b c", "`diff` takes only `[A] [B]`, not `c`", "see `mlgit diff --help`"),
        (
            "history -n x",
            "Invalid value for `-n` / `--last`: `x` is not a whole number",
            "see `mlgit history --help`",
        ),
    ],
)
def test_a_wrong_command_line_is_an_error_that_says_how_to_write_it(
    capsys: pytest.CaptureFixture[str], typed: str, message: str, hint: str
) -> None:
    assert run(typed.split()) == Exit.USAGE
    assert capsys.readouterr().err == f"error: {message}\n  hint: {hint}\n"


def test_the_help_is_one_screen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["--help"]) == Exit.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert [line for line in lines if len(line) > 80] == []
    common = lines[lines.index("Every day:") + 1 :][:5]
    assert [line.split()[0] for line in common] == ["status", "run", "check", "promote", "rollback"]


# Their options alone fill a screen.
LONG = frozenset({"check", "report", "experiments", "release", "ci pr"})


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_80_columns_and_24_lines(name: str) -> None:
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
    assert len(text.splitlines()) <= 24 or name in LONG


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
    assert f"main → origin/main (aaaaaaa..bbbbbbb, {words}" in plain(push_page(record))


@pytest.mark.parametrize("column", [1, 40, 123, 190])
@pytest.mark.parametrize("width", [1, 9, 300])
def test_a_mark_is_under_what_it_marks_also_in_a_long_line(column: int, width: int) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(200))
    place = Location("mlgit.yaml", line=17, column=column, snippet=text, width=width)
    shown = plain(failure_page(ConfigError("Bad", location=place))).splitlines()
    assert shown[1] == f"  --> mlgit.yaml:17:{column}"
    snippet, mark = shown[2:]
    assert max(map(len, shown)) <= 80
    at = mark.index("^")
    assert snippet[at] == text[column - 1]
    assert len(mark) <= len(snippet)
    short = Location("mlgit.yaml", line=3, column=4, snippet="a: b")
    whole = plain(failure_page(ConfigError("Bad", location=short))).splitlines()
    assert whole[2:] == ["  3 | a: b", "    |    ^"]
