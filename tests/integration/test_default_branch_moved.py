"""A clone whose remote got another default branch: who may push the former one makes no rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import origin

if TYPE_CHECKING:
    from tests.support.shell import Folder

COMMANDS = [
    ["promote", "line", "--to", "prod"],
    ["release", "line"],
    ["rollback", "line", "--env", "staging", "-m", "Night"],
    ["deregister", "line@v1.0.0", "-m", "Bad"],
    ["models", "--fetch"],
    ["ci", "merged"],
    ["ci", "tag", "--", "line#staging#1"],
]


@pytest.fixture
def moved(staged: Folder) -> Folder:
    server = origin(staged)
    server.git("branch", "trunk", "main")
    server.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    return staged


@pytest.mark.parametrize("argv", COMMANDS, ids=lambda argv: " ".join(argv[:2]))
def test_no_command_that_asks_the_remote_goes_by_the_former_one(moved: Folder, argv: list[str]) -> None:
    before = origin(moved).git("for-each-ref")
    done = moved.here(*argv)
    assert done.status == Exit.STATE, done.out + done.err
    assert "The default branch of `origin` is `trunk`, and this clone takes `origin/main` for trunk" in (
        done.out + done.err
    )
    assert origin(moved).git("for-each-ref") == before


@pytest.mark.parametrize(("way", "trunk"), [(0, "origin/trunk"), (1, "origin/main")])
def test_each_way_out_works(moved: Folder, way: int, trunk: str) -> None:
    hint = moved.here("promote", "line", "--to", "prod").err.partition("hint: ")[2]
    command = " ".join(hint.split()).split("`")[1::2][0 if way == 0 else 2]
    assert moved.run("sh", "-c", command).status == 0, command
    assert moved.here("promote", "line", "--to", "prod").status == Exit.DONE
    assert moved.here("doctor", "--online", "--json").status in {Exit.DONE, Exit.BLOCKED}
    assert trunk in moved.git("branch", "-r")


def test_a_renamed_trunk_is_not_one_that_was_never_pushed(staged: Folder) -> None:
    remote = staged.git("remote", "get-url", "origin")
    staged.git("-C", remote, "branch", "-m", "main", "trunk")
    staged.git("-C", remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    staged.git("fetch", "-q", "--prune")
    [finding] = [
        each for each in staged.here("doctor", "--json").json()["findings"] if each["id"] == "no_trunk"
    ]
    assert finding["message"].startswith("This clone has neither `origin/main` nor `origin/master`")
    done = staged.here("ci", "merged")
    assert done.status == Exit.STATE
    assert "There is no trunk yet" not in done.err
    assert "git remote set-head origin --auto" in done.err
    staged.git("remote", "set-head", "origin", "--auto")
    assert staged.here("ci", "merged", "--dry-run").status == Exit.DONE
