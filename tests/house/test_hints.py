"""Hints: a name or path in a command that a message shows is one word for bash at a prompt."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import mlgit
from mlgit.core.wording import word, words
from tests.house.hints import unquoted

MODULES = sorted(Path(mlgit.__file__).parent.rglob("*.py"))
# What tags, branches, paths, stages and remotes can have.
TEXTS = (
    "line#prod#1",
    "line#prod!#2",
    "line@v1.0.0!",
    "sub=line#eu/dev!#3",
    "metrics/my file.json",
    "it's!here",
    "a$HOME`id`$(id)",
    "a;b&c|d<e>f(g)h",
    "a*?[b]{c,d}~",
    "~/x",
    "#x",
    "!x",
    "!!",
    'a"b\\c',
    "größe.json",
    "",
    "plain-1.0+x@y/z,a=b:c%d_e",
)


def test_every_command_in_a_message_quotes_what_it_names() -> None:
    assert len(MODULES) > 1
    assert [hole for module in MODULES for hole in unquoted(module)] == []


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ('hint = f"run `git tag -d {tag}`"', ["tag"]),
        ('repair = f"git tag -d {tag}"', ["tag"]),
        ("hint = f\"run `git tag -d '{tag}'`\"", ["tag"]),
        ('hint = f"run `git tag -d {word(tag)}`, then look at {tag}"', []),
        ('hint = f"look at `{tag}`, then run `mlgit show {state.name}`"', []),
        ('hint = (f"`{tag}`: run " f"`dvc add {path}` again")', ["path"]),
        ('message = f"git cannot read `{tag}`"', []),
    ],
)
def test_a_value_that_is_not_quoted_is_found(tmp_path: Path, source: str, values: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, encoding="utf-8")
    assert [hole.value for hole in unquoted(module)] == values


def test_bash_at_a_prompt_reads_each_word_as_it_was() -> None:
    # `!` is replaced only where the history is on, as it is at a prompt.
    lines = ["set -o history -o histexpand", *(f"printf '%s\\0' {word(text)}" for text in TEXTS)]
    lines.append(f"printf '%s\\0' {words(TEXTS)}")
    done = subprocess.run(
        ["bash", "--norc"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\0")[:-1] == [*TEXTS, *TEXTS]
    assert done.stderr == ""


def test_a_plain_word_stays_readable() -> None:
    assert word("tumor@v1.0.0") == "tumor@v1.0.0"
    assert word("line#prod!#2") == "'line#prod!#2'"
