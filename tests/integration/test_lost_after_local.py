"""Changes with `--local` while someone else made theirs: one command takes theirs, whole."""

from __future__ import annotations

import re
import shlex
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone, origin, tags_of, train
from tests.support.targets import folder_of, go_live, served

if TYPE_CHECKING:
    from tests.support.shell import Done, Folder

BACK = ("rollback", "line", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


# What Bob does meanwhile, and what `prod` holds then; and what Ada does here.
THEIRS = {
    "a rollback": ((*BACK[:-1], "I saw it, too"), "v1.0.1"),
    "another rollback": ((*BACK, "--to", "v1.0.0"), "v1.0.0"),
    "a promotion": (("promote", "line@v1.0.1", "--to", "prod", "--downgrade"), "v1.0.1"),
    "emptying it": (("unassign", "line", "--env", "prod"), None),
}
OURS = {"once": (BACK,), "twice": (BACK, (*BACK, "--again"))}
NOTICED = {
    "push": ("push",),
    "deploy": ("deploy", "--env", "prod"),
    "rollback": (*BACK, "--again"),
    "promote": ("promote", "line@v1.0.2", "--to", "prod"),
}


def race(live: Folder, theirs: str, ours: str) -> Folder:
    bob = clone(live, "bob")
    change(bob, *THEIRS[theirs][0])
    for argv in OURS[ours]:
        change(live, *argv, "--local")
    return bob


def repair_of(done: Done) -> str:
    found = re.search(r"hint: to use theirs, run `([^`]*)`", done.err)
    assert found is not None, done.err
    return found[1]


@pytest.mark.parametrize(
    ("theirs", "ours", "noticed"),
    [
        *product(THEIRS, OURS, ("push", "deploy")),
        *product(("a rollback",), ("once",), ("rollback", "promote")),
    ],
)
def test_one_command_takes_the_whole_change_of_the_other(
    live: Folder, theirs: str, ours: str, noticed: str
) -> None:
    bob = race(live, theirs, ours)
    before = served(folder_of(live))
    done = live.here(*NOTICED[noticed])
    assert done.status == Exit.STATE, done.err
    assert "--force origin" not in done.err
    assert "push --force" not in done.err
    if noticed == "deploy":
        assert done.err.splitlines()[0].endswith("; nothing was deployed")
        assert served(folder_of(live)) == before
    repair = repair_of(done)
    status = live.here("status", "--json").json()
    assert status["next"]["command"] == repair
    assert status["taken_tags"]
    doctor = live.here("doctor", "--json").json()["findings"]
    assert [each["repair"] for each in doctor if each["id"] == "taken_names"] == [repair]
    assert live.run("bash", "-c", repair).status == 0
    assert tags_of(live) == tags_of(bob)
    shown = live.here("show", "line#prod", "--json").json()["environment"]
    assert shown["version"] == THEIRS[theirs][1]
    status = live.here("status", "--json").json()
    assert (status["taken_tags"], status["taken_repair"]) == ([], None)
    assert live.here("push").status == Exit.DONE
    assert live.here("doctor").status == Exit.DONE
    if THEIRS[theirs][1] is not None:
        assert live.here("deploy", "--env", "prod").status == Exit.DONE
        assert served(folder_of(live)) == THEIRS[theirs][1]


def test_status_says_so_on_the_screen(live: Folder) -> None:
    race(live, "a rollback", "once")
    assert live.here("push").status == Exit.STATE
    shown = live.here("status").out
    assert "! origin has other tags of these names: line#prod!#4, line#prod#4" in shown
    last = shown.splitlines()[-1]
    assert last == "next: git fetch origin --force tag 'line#prod!#4' tag 'line#prod#4'"
    assert shlex.split(last.removeprefix("next: "))[-1] == "line#prod#4"


def test_a_release_that_is_given_up_takes_its_promotions_with_it(live: Folder) -> None:
    train(live, "2.0005")
    bob = clone(live, "bob")
    change(live, "release", "line", "--local")
    change(live, "promote", "line", "--to", "staging", "--local")
    change(bob, "release", "line", "--force")
    done = live.here("push")
    assert done.status == Exit.STATE
    doctor = live.here("doctor", "--json").json()["findings"]
    repair = repair_of(done)
    assert [each["repair"] for each in doctor if each["id"] == "taken_names"] == [repair]
    kept = {tag: oid for tag, oid in tags_of(live).items() if tag.startswith("line#staging")}
    assert live.run("sh", "-c", repair).status == 0
    assert tags_of(live) == tags_of(bob)
    # Who deletes less publishes nothing that no one else can use.
    for tag, oid in kept.items():
        live.git("update-ref", f"refs/tags/{tag}", oid)
    pushed = live.here("push")
    assert pushed.status == Exit.DONE
    assert "line#staging#3: the release that it names is not here" in " ".join(pushed.out.split())
    assert tags_of(origin(live)) == tags_of(bob)
