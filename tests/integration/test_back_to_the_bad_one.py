"""What was taken out of an environment is not put back by advice, nor without a word; and the ways left."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.pasted import shells, typed_into
from tests.support.registry import change, clone, tags_of
from tests.support.shell import Folder
from tests.support.targets import folder_of, forget_data, go_live, served, without_times

if TYPE_CHECKING:
    from pathlib import Path

BACK = ("rollback", "line", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


@pytest.mark.parametrize("again", [(), ("promote", "line@v1.0.1", "--to", "prod")])
def test_a_version_that_was_rolled_back_is_not_proposed(live: Folder, again: tuple[str, ...]) -> None:
    change(live, *BACK)
    if again:
        change(live, *again)
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    assert live.here("status").out.endswith("next: nothing to do\n")


def test_a_promotion_is_proposed_in_a_line_that_a_shell_takes(live: Folder) -> None:
    live.commit("More")
    live.git("push", "-q")
    assert live.here("release", "line", "--force").status == Exit.DONE
    *_, last, why = live.here("status").out.splitlines()
    assert (last, why) == ("next: mlgit promote line --to staging", "      `line` v1.0.3 is released")
    for name, shell in shells().items():
        printed = typed_into(live, shell, f"{last.removeprefix('next: ')} --dry-run")
        assert printed.startswith("Would promote line@v1.0.3 to staging"), name


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("taken", "did"),
    [
        (BACK, 'rolled it back 2 s ago: "p95 alarm"'),
        (("unassign", "line", "--env", "prod"), "took it out 2 s ago"),
    ],
)
def test_a_promotion_says_that_the_version_was_taken_out(
    live: Folder, taken: tuple[str, ...], did: str, dry: tuple[str, ...]
) -> None:
    change(live, *taken)
    done = live.here("promote", "line@v1.0.2", "--to", "prod", *dry)
    assert done.status == Exit.DONE, done.err
    assert f"  note: v1.0.2 was in `prod`; Ada {did}\n" in without_times(live, done.out)
    assert "was empty" not in done.out
    if not dry:
        change(live, "promote", "line@v1.0.1", "--to", "prod", "--downgrade")
        done = live.here("promote", "line@v1.0.2", "--to", "prod")
        assert "was in `prod`" not in done.out


def lose(place: Path) -> None:
    place.rename(place.with_name("away"))


def test_a_stale_clone_does_not_go_back_from_what_it_does_not_know(live: Folder) -> None:
    change(live, *BACK)
    bob = clone(live, "bob")
    change(live, "promote", "line@v1.0.2", "--to", "prod")
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    bob.write(".git/info/exclude", "/served\n")
    (bob / "served").symlink_to(live / "served")
    lose(live.path.parent / "origin.git")
    before = tags_of(bob)
    done = bob.here(*BACK, "--local", "--deploy", "--again")
    assert (done.status, tags_of(bob)) == (Exit.STATE, before)
    assert done.err == (
        "error: The target serves v1.0.2, by `line#prod#5`, which is not here; nothing was written\n"
        "  here, `prod` still holds v1.0.1, the version before that\n"
        "  hint: to go back to v1.0.0 all the same, run "
        "`mlgit rollback line@v1.0.0 --env prod -m 'p95 alarm' --local`\n"
    )
    assert served(folder_of(live)) == "v1.0.2"
    assert bob.here("rollback", "line@v1.0.0", *BACK[2:], "--local").status == Exit.DONE


def test_tags_can_be_published_without_a_branch_that_diverged(live: Folder) -> None:
    bob = clone(live, "bob")
    bob.commit("Theirs")
    bob.git("push", "-q")
    live.commit("Ours")
    change(live, *BACK, "--local")
    done = live.here("push")
    assert done.status == Exit.STATE
    alone = done.err.partition("to publish the tags without the branch: `")[2].partition("`")[0]
    assert live.run("sh", "-c", alone).status == Exit.DONE
    assert {"line#prod!#4", "line#prod#4"} <= set(tags_of(Folder(live.path.parent / "origin.git")))


def test_taken_names_are_reported_before_a_branch_that_diverged(live: Folder) -> None:
    bob = clone(live, "bob")
    bob.commit("Theirs")
    bob.git("push", "-q")
    change(bob, *BACK[:-1], "I saw it, too")
    live.commit("Ours")
    change(live, *BACK, "--local")
    done = live.here("push")
    assert "to use theirs, run `git fetch origin --force tag" in done.err


def test_a_dvc_remote_that_is_not_mounted_is_one_finding(live: Folder) -> None:
    change(live, *BACK)
    forget_data(live)
    done = live.here("deploy", "--env", "prod")
    assert "hint: if it is on another disk, mount that, then deploy again; " in done.err
    found = {each["id"]: each for each in live.here("doctor", "--online", "--json").json()["findings"]}
    assert "its disk is not mounted" in found["dvc_remote_not_there"]["message"]
    assert "outputs_not_pushed" not in found


def test_a_version_that_cannot_be_fetched_leaves_those_that_are_on_the_target(live: Folder) -> None:
    change(live, "rollback", "line@v1.0.0", "--env", "prod", "-m", "p95 alarm")
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    change(live, "promote", "line@v1.0.2", "--to", "prod")
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    change(live, "promote", "line@v1.0.1", "--to", "prod", "--downgrade")
    forget_data(live)
    done = live.here("deploy", "--env", "prod")
    command = "mlgit rollback line@v1.0.0 --env prod -m REASON --deploy"
    assert f"  without fetching, `{command}` serves `v1.0.0`\n" in done.err
    assert live.here(*command.split()[1:]).status == Exit.DONE
    assert served(folder_of(live)) == "v1.0.0"


def test_what_is_served_is_offered_first_if_a_higher_version_was_to_replace_it(live: Folder) -> None:
    change(live, "rollback", "line@v1.0.1", "--env", "prod", "-m", "p95 alarm")
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    change(live, "promote", "line@v1.0.2", "--to", "prod")
    shutil.rmtree(folder_of(live) / "releases" / "v1.0.2")
    forget_data(live)
    command = "mlgit rollback line@v1.0.1 --env prod -m REASON"
    shown = live.here("deploy", "--env", "prod").err
    assert re.search(f"still served: v1.0.1, .*\n  to keep it in `prod`, run `{command}`\n", shown)
    assert live.here(*command.split()[1:]).status == Exit.DONE
    assert ", served\n" in live.here("status").out


def test_a_branch_that_is_behind_is_not_called_equal(live: Folder) -> None:
    bob = clone(live, "bob")
    bob.commit("Theirs")
    bob.git("push", "-q")
    live.git("fetch", "-q")
    change(live, *BACK, "--local")
    assert "main is 1 commit behind origin/main" in live.here("push").out
