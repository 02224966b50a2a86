"""Pasted: a command of a hint does in bash and zsh what it shows, whatever the names in it."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.tags import deletion, theirs_instead
from mlgit.core.trust.marks import unless_needed
from mlgit.core.wording import words
from mlgit.errors import Exit
from tests.support.pasted import shells, typed_into
from tests.support.registry import change

if TYPE_CHECKING:
    from tests.support.shell import Folder

# Branches, files and reasons may have such names, and tags of environments always have the first two.
NAMES = (
    *("tumor#prod", "tumor#prod!#4", "#1", "!!", "=ls", "~root", "$HOME", "a b", "it's", 'say "x"', "^a^b"),
    *(
        "*.csv",
        "data[1].csv",
        "what?",
        "{a,b}",
        "a;b",
        "a&b",
        "a|b",
        "<a>",
        "(a)",
        "`id`",
        "\\n",
        "é",
        "",
        "%1",
    ),
)
PRINTER = f"{shlex.quote(sys.executable)} -c 'import json, sys; print(json.dumps(sys.argv[1:]))'"


@pytest.mark.parametrize("name", shells())
def test_every_word_arrives_as_it_is(empty_repository: Folder, name: str) -> None:
    printed = typed_into(empty_repository, shells()[name], f"{PRINTER} {words(NAMES)}")
    assert json.loads(printed.splitlines()[-1]) == list(NAMES)


@pytest.mark.parametrize(
    "hint",
    [
        deletion(["tumor#prod!#4", "tumor#prod#4"], "origin"),
        theirs_instead("origin", ["tumor#prod#4"], ["tumor#prod!#4"]),
        unless_needed(["tumor#prod#4", "tumor#prod!#4"], "origin", why=""),
    ],
)
def test_tags_of_environments_are_quoted_wherever_a_command_names_them(hint: str) -> None:
    command = hint.split("`")[1] if "`" in hint else hint
    bare = "".join(command.split("'")[::2])
    assert not set(bare) & set("#!"), hint


def test_the_hint_of_a_second_rollback_repeats_its_reason(deployable: Folder) -> None:
    deployable.git("push", "-q", "--tags")
    for environment in ("staging", "prod"):
        change(deployable, "promote", "line@v1.0.1", "--to", environment)
        change(deployable, "promote", "line@v1.0.2", "--to", environment)
    change(deployable, "rollback", "--env", "prod", "-m", "it's #1!")
    refused = deployable.here("rollback", "--env", "prod", "-m", "it's #1!")
    assert refused.status == Exit.STATE
    command = refused.err.partition("hint: ")[2].partition("run `")[2].partition("`")[0]
    for name, shell in shells().items():
        printed = typed_into(deployable, shell, f"{command} --dry-run")
        assert printed.startswith("Would roll back prod of line from v1.0.1 to v1.0.0"), name
