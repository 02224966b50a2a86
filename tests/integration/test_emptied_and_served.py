"""An environment without a good version: what is still served, and no way back to what was taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone
from tests.support.targets import assign, deploy_here, folder_of, go_live, without_times

if TYPE_CHECKING:
    from tests.support.shell import Folder

BACK = ("rollback", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def shown(live: Folder, *argv: str) -> str:
    done = live.here(*argv)
    assert done.status == Exit.DONE, done.err
    return " ".join(without_times(live, done.out).split())


def test_what_is_still_served_of_an_emptied_environment_has_a_command_that_ends_it(live: Folder) -> None:
    change(live, "unassign", "line", "--env", "prod")
    ends = "still serves v1.0.2; `rm /srv/models/line/current` ends that"
    assert f"! the target {ends}" in shown(live, "status")
    for screen in (("status",), ("show", "line#prod")):
        assert shown(live, *screen).endswith("next: rm /srv/models/line/current")
    assert f"! prod: /srv/models/line {ends}" in shown(live, "models")
    assert f"! no: /srv/models/line {ends}" in shown(live, "show", "line#prod")
    deployed = shown(live, "deploy", "--env", "prod")
    assert deployed == f"line is not in prod; its target was not changed note: `/srv/models/line` {ends}"
    live.ok("sh", "-c", live.here("status", "--json").json()["next"]["command"])
    for argv in (("status",), ("models",), ("show", "line#prod"), ("deploy", "--env", "prod")):
        assert "serves" not in shown(live, *argv)


def test_a_newer_version_is_still_proposed_for_an_emptied_environment(live: Folder) -> None:
    change(live, "unassign", "line", "--env", "prod")
    live.commit("More")
    live.git("push", "-q")
    assert live.here("release", "line", "--force").status == Exit.DONE
    change(live, "promote", "line", "--to", "staging")
    assert "next: mlgit promote line --to prod" in shown(live, "status")


@pytest.mark.parametrize("held", [True, False])
def test_without_a_version_to_go_back_to_the_hint_is_one_that_was_never_there(
    deployable: Folder, *, held: bool
) -> None:
    deploy_here(deployable)
    if held:
        for version in ("v1.0.1", "v1.0.2", "v1.0.0"):
            assign(deployable, version)
        deployable.git("tag", "-d", "line#prod#1", "line#prod#2", "line#prod#3")
    deployable.git("push", "-q", "--tags")
    done = deployable.here(*BACK)
    assert done.status == Exit.STATE
    assert "`mlgit unassign line --env prod`, which only records that it is meant to be empty" in done.err
    assert "promote line@v1.0.2 --to prod`, or" in done.err
    assert "promote another one" not in done.err


def test_an_environment_to_which_nothing_was_promoted_is_not_to_be_fetched_again(deployable: Folder) -> None:
    deployable.git("tag", "-d", "line#prod#1")
    assert shown(deployable, "deploy", "--env", "prod") == "line is not in prod; its target was not changed"
    assert "`git fetch --tags origin`" in shown(deployable, "deploy", "--env", "prod", "--offline")


def test_a_version_says_what_is_served_instead_of_it_or_without_it(live: Folder) -> None:
    change(live, *BACK)
    for version in ("v1.0.1", "v1.0.2"):
        assert "! prod: /srv/models/line still serves v1.0.2" in shown(live, "show", f"line@{version}")
    assert "still serves" not in shown(live, "show", "line@v1.0.0")


def test_doctor_finds_a_target_that_serves_something_else(live: Folder) -> None:
    assert "not_served" not in live.here("doctor", "--json").out
    change(live, *BACK)
    found = live.here("doctor", "--json").json()["findings"]
    (finding,) = [each for each in found if each["id"] == "not_served"]
    assert (finding["severity"], finding["repair"]) == ("warn", "mlgit deploy --env prod")
    assert finding["message"] == f"`line#prod`: `{folder_of(live)}` still serves v1.0.2"
    assert live.here("doctor", "--strict").status == Exit.BLOCKED


def test_every_screen_says_that_others_do_not_see_a_change(live: Folder) -> None:
    change(live, *BACK, "--local")
    assert live.here("deploy", "--env", "prod", "--offline").status == Exit.DONE
    note = "only here, so others do not see them: `line#prod!#4`, `line#prod#4`; run `mlgit push`"
    for argv in (("models",), ("history",), ("show", "line#prod")):
        assert f"note: {note}" in shown(live, *argv)
    assert live.here("show", "line#prod").out.endswith("next: mlgit push\n")
    change(clone(live, "bob"), "rollback", "line", "--env", "prod", "-m", "I saw it, too")
    assert live.here("push").status == Exit.STATE
    theirs = "git fetch origin --force tag 'line#prod!#4' tag 'line#prod#4'"
    for argv in (("models",), ("history",), ("show", "line#prod")):
        assert "`origin` has other tags of these names" in shown(live, *argv)
    assert live.here("show", "line#prod").out.endswith(f"next: {theirs}\n")


def test_an_event_names_its_model_if_there_are_several(live: Folder) -> None:
    live.git("tag", "-a", "area@v1.0.0", "-m", "Release", "HEAD~1")
    assert "line#prod" in live.here("history", "-n", "1").out
    assert "line#prod" not in live.here("history", "line", "-n", "1").out
