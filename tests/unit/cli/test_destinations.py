"""Destinations: what `-o` may name, for every command that has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from mlgit.cli.ci.group import CI_COMMANDS
from mlgit.cli.main import COMMANDS, cli
from mlgit.cli.shell.destinations import file_destination, folder_destination
from mlgit.errors import Exit, MlgitError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

# Options: -o, the message and the hint.
FILES = {
    "": ("`-o` needs the name of a file", "write `-o report.md`"),
    ".": ("`.` is a folder, and `-o` takes a file", "write `-o ./report.md`"),
    "..": ("`..` is a folder, and `-o` takes a file", "write `-o ../report.md`"),
    "a folder": ("`a folder` is a folder, and `-o` takes a file", "write `-o 'a folder/report.md'`"),
    "new/": ("`new/` is a folder, and `-o` takes a file", "write `-o new/report.md`"),
    "new/report.md": ("There is no folder `new` for `new/report.md`", "run `mkdir -p new`"),
    "new/er/report.md": ("There is no folder `new/er` for `new/er/report.md`", "run `mkdir -p new/er`"),
    "a.txt/report.md": ("`a.txt` is a file, not a folder", "name another place with `-o`"),
}
FOLDERS = {
    "": ("`-o` needs the name of a folder", "write `-o .` for this one"),
    "a.txt": ("`a.txt` is a file, not a folder", "name another place with `-o`"),
    "a.txt/report": ("`a.txt` is a file, not a folder", "name another place with `-o`"),
    "a.txt/report/more": ("`a.txt` is a file, not a folder", "name another place with `-o`"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a.txt").write_text("a\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_cannot_be_written_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(MlgitError) as caught:
        file_destination(".", text, example="report.md")
    assert (caught.value.message, caught.value.hint) == FILES[text]
    assert caught.value.exit_code == (Exit.STATE if text else Exit.USAGE)


@pytest.mark.parametrize("text", FOLDERS)
def test_a_folder_that_cannot_be_written_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(MlgitError) as caught:
        folder_destination(".", text)
    assert (caught.value.message, caught.value.hint) == FOLDERS[text]
    assert caught.value.exit_code == (Exit.STATE if text else Exit.USAGE)


@pytest.mark.parametrize("text", ["report.md", "./report.md", "a.txt", "a folder/report.md", os.devnull])
def test_files_and_devices_are_taken_as_they_are(text: str) -> None:
    assert file_destination(".", text, example="report.md") == text


def test_the_folder_of_the_command_counts() -> None:
    assert file_destination("a folder", "b.md", example="report.md") == "a folder/b.md"
    assert folder_destination("a folder", "b") == "a folder/b"
    with pytest.raises(MlgitError) as caught:
        file_destination("a folder", "new/b.md", example="report.md")
    assert caught.value.hint == "run `mkdir -p 'a folder/new'`"


@pytest.mark.parametrize("text", [None, "-"])
def test_a_dash_is_stdout(text: str | None) -> None:
    assert file_destination(".", text, example="report.md") is None


@pytest.mark.parametrize("text", [".", "new", "new/er", "a folder"])
def test_a_folder_need_not_exist(text: str) -> None:
    assert folder_destination(".", text) == f"./{text}"


def with_output() -> list[str]:
    """Every command that has `-o`."""
    names = [name for group in COMMANDS.values() for name in group if name != "ci"]
    names += [f"ci {name}" for group in CI_COMMANDS.values() for name in group]
    found = []
    for name in names:
        command: click.Command | None = cli
        for part in name.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), part)
        assert command is not None
        if any("-o" in each.opts for each in command.params):
            found.append(name)
    return found


@pytest.mark.parametrize("name", with_output())
def test_every_command_refuses_an_empty_name_before_it_does_anything(name: str) -> None:
    arguments = ["v1.0.0"] if name == "get" else []
    found = CliRunner().invoke(cli, [*name.split(), *arguments, "-o", ""])
    assert isinstance(found.exception, UsageError)
    assert "`-o` needs the name of a" in found.exception.message
    assert sorted(os.listdir()) == ["a folder", "a.txt"]
