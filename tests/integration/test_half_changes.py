"""A promotion that lacks one of its tags, here or at the remote: sentences are true, and hints work."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.halves import PLACES, RELEASE, STATES, build, commands_in, restore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done, Folder

COMMANDS = {
    "status": ("status",),
    "show": ("show", "net#prod"),
    "promote": ("promote", "net@v1.0.2", "--to", "prod"),
    "rollback": ("rollback", "net", "--env", "prod", "-m", "worse"),
    "deploy": ("deploy", "--env", "prod"),
}
# These ask the remote, and what they find there is a finding of the command that the others propose.
ASK = {"promote", "rollback", "deploy"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Path]:
    top = tmp_path_factory.mktemp("halves")
    (top / "now").mkdir()
    work = build(top / "now")
    shutil.copytree(top / "now", top / "made", symlinks=True)
    return work, top


def _outcome(done: Done) -> tuple[int, str]:
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    nexts = [line for line in done.out.splitlines() if line.startswith("next: ")]
    return done.status, "\n".join([*errors, *nexts])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_proposed_for_half_of_a_change_works(
    made: tuple[Folder, Path], state: str, name: str
) -> None:
    work, top = made
    argv = COMMANDS[name]
    restore(top / "now", top / "made")
    STATES[state](work)
    shutil.rmtree(top / "state", ignore_errors=True)
    shutil.copytree(top / "now", top / "state", symlinks=True)
    done = work.here(*argv)
    assert "is not there" not in done.out + done.err
    assert done.status in {Exit.DONE, Exit.STATE}
    helped = done.status == Exit.DONE
    for command in commands_in(done):
        restore(top / "now", top / "state")
        work.here(*argv)
        pasted = work.run("sh", "-c", command)
        known_at_origin = name not in ASK and command.startswith("mlgit deploy") and "origin" in state
        assert pasted.status in {Exit.DONE, *([Exit.STATE] if known_at_origin else [])}, command
        helped = helped or _outcome(work.here(*argv)) != _outcome(done)
    assert helped, done.err
    if done.status == Exit.STATE:
        assert commands_in(done), done.err


@pytest.mark.parametrize("place", PLACES)
def test_the_number_of_a_release_that_is_gone_is_not_used_again(
    made: tuple[Folder, Path], place: str
) -> None:
    work, top = made
    restore(top / "now", top / "made")
    STATES[f"release gone {place}"](work)
    done = work.here("release", "net")
    assert done.status == (Exit.STATE if place == "at origin" else Exit.DONE)
    assert (RELEASE in done.out + done.err) is (place != "at both")
    assert ("Released net@v1.0.3" in done.out) is (place == "at both")


@pytest.mark.parametrize("state", ["release gone at both", "assignment gone at both"])
def test_a_remote_that_was_asked_is_not_asked_again(made: tuple[Folder, Path], state: str) -> None:
    work, top = made
    restore(top / "now", top / "made")
    STATES[state](work)
    offline = work.here("deploy", "--env", "prod", "--offline").err
    asked = work.here("deploy", "--env", "prod").err
    assert "hint: run `git fetch" in offline
    assert "git fetch" not in asked
    assert "neither" in asked
    assert "neither" not in offline


@pytest.mark.parametrize("state", ["release gone here", "assignment gone here"])
def test_what_a_target_should_serve_is_not_known_where_tags_are_gone(
    made: tuple[Folder, Path], state: str
) -> None:
    work, top = made
    restore(top / "now", top / "made")
    STATES[state](work)
    for argv in (("status",), ("doctor",), ("models",), ("show", "net"), ("show", "net#prod")):
        shown = work.here(*argv).out
        assert "serves" not in shown, argv
        assert "mlgit deploy" not in shown, argv
    assert work.here("status", "--json").json()["next"]["command"] == "mlgit doctor"
