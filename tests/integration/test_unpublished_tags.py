"""Tags that only this clone has: every screen says so until the remote was seen to have them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.registry import change, clone, train, train_into
from tests.support.targets import go_live, without_times

if TYPE_CHECKING:
    from tests.support.shell import Folder

BACK = ("rollback", "line", "--env", "prod", "-m", "p95 alarm")
TAGS = ["line#prod!#4", "line#prod#4"]
FAILED = {
    "a deployment": ("mlgit", "deploy", "--env", "prod"),
    "a look at the models": ("mlgit", "models", "--fetch"),
    "git fetch": ("git", "fetch", "-q"),
    "git fetch of an empty file": ("git", "fetch", "-q", "file:///nonexistent"),
    "git pull": ("git", "pull", "-q"),
}


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def while_origin_is_down(live: Folder, *commands: tuple[str, ...]) -> None:
    origin = live.path.parent / "origin.git"
    away = origin.rename(origin.with_name("away.git"))
    for argv in commands:
        done = live.here(*argv[1:]) if argv[0] == "mlgit" else live.run(*argv)
        assert done.status, done.out
    away.rename(origin)


def findings(live: Folder, *options: str) -> dict[str, Any]:
    found = live.here("doctor", "--json", *options).json()["findings"]
    return {each["id"]: each for each in found}


@pytest.mark.parametrize("failed", FAILED.values(), ids=FAILED)
def test_a_failed_fetch_does_not_make_local_tags_published(live: Folder, failed: tuple[str, ...]) -> None:
    change(live, *BACK, "--local")
    assert live.here("deploy", "--env", "prod", "--offline").status == Exit.DONE
    while_origin_is_down(live, failed)
    status = live.here("status", "--json").json()
    assert (status["unpushed_tags"], status["next"]["command"]) == (TAGS, "mlgit push")
    shown = live.here("status").out
    assert "          2 tags not pushed: line#prod!#4, line#prod#4\n" in shown
    assert shown.endswith("next: mlgit push\n")
    assert live.here("status", "-s").out == "prod v1.0.1 held · allowed · 2 tags not pushed\n"
    found = findings(live)["tags_not_pushed"]
    assert (found["severity"], found["subjects"], found["repair"]) == ("warn", TAGS, "mlgit push")
    assert live.here("push").status == Exit.DONE
    assert live.here("status", "--json").json()["unpushed_tags"] in ([], None)
    assert "not pushed" not in live.here("status", "-s").out
    assert "tags_not_pushed" not in findings(live)


@pytest.mark.parametrize("option", [(), ("--online",)])
def test_what_the_remote_says_replaces_what_is_recorded(live: Folder, option: tuple[str, ...]) -> None:
    change(live, *BACK, "--local")
    live.git("push", "-q", "--tags")
    assert ("tags_not_pushed" in findings(live, *option)) is (not option)


def test_tags_of_others_are_not_called_mine_after_a_failed_fetch(live: Folder) -> None:
    place = clone(live, "other")
    bob = {"GIT_COMMITTER_NAME": "Bob", "GIT_COMMITTER_EMAIL": "bob@example.org"}
    assert live.here(*BACK, env=bob).status == Exit.DONE
    place.git("fetch", "-q")
    assert place.run("git", "fetch", "-q", "file:///nonexistent").status
    os.utime(place / ".git/refs/remotes/origin/HEAD", (1_700_000_000, 1_700_000_000))
    assert not place.here("status", "--json").json()["unpushed_tags"]


def test_names_that_others_took_are_one_finding_with_one_repair(live: Folder) -> None:
    bob = clone(live, "bob")
    change(bob, *BACK[:-1], "I saw it, too")
    change(live, *BACK, "--local")
    assert live.here("push").status == Exit.STATE
    for option in ((), ("--online",)):
        found = findings(live, *option)
        assert found["taken_names"]["subjects"] == TAGS
        assert {"clashing_tags", "tags_not_pushed"}.isdisjoint(found)
    assert live.here("status", "-s").out.endswith(" · origin has other tags\n")


def test_a_rollback_that_is_only_here_ends_with_the_command_that_publishes_it(live: Folder) -> None:
    done = live.here(*BACK, "--local", "--deploy")
    assert done.status == Exit.DONE, done.err
    assert without_times(live, done.out) == (
        "Rolled back prod of line from v1.0.2 to v1.0.1\n"
        "  tags  line#prod!#4, line#prod#4, only here; `mlgit push` publishes them\n"
        "  held: no automatic promotion to prod until someone promotes\n"
        "Deployed line@v1.0.1 to prod in 0.4 s (was v1.0.2)\n"
        "next: mlgit push\n"
    )


@pytest.mark.parametrize(
    ("argv", "left"),
    [
        (("release", "line", "--force"), "mlgit push"),
        (("promote", "line@v1.0.2", "--to", "staging"), "mlgit push"),
        (("unassign", "line", "--env", "staging"), "mlgit push"),
        (("deregister", "line@v1.0.3"), "mlgit push"),
        (BACK, "mlgit deploy --env prod --offline"),
    ],
)
def test_every_change_that_is_only_here_says_what_is_left(
    live: Folder, argv: tuple[str, ...], left: str
) -> None:
    if argv[0] in {"deregister", "release"}:
        live.commit("More")
        live.git("push", "-q")
    if argv[0] == "deregister":
        assert live.here("release", "line", "--force").status == Exit.DONE
    if argv[0] == "promote":
        assert live.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert change(live, *argv, "--local", "--dry-run")["next"] is None
    assert change(live, *argv, "--local")["next"] == left


GATES = """\
version: 1
models:
  line: {path: models/line.json}
gates:
  newest: {metric: r2, vs: release, max_drop: 0.00001, when: promote}
environments:
  staging: {}
"""


@pytest.fixture
def stale(project: Folder) -> Folder:
    """A clone that does not know the best release, and promoted the one before with `--local`."""
    project.write("mlgit.yaml", GATES)
    project.commit("Gates")
    project.git("push", "-q")
    change(project, "release", "line")
    train(project, "1.995")
    change(project, "release", "line")
    found = clone(project, "stale")
    train(project, "2.0")
    change(project, "release", "line")
    change(found, "promote", "line@v1.0.1", "--to", "staging", "--local")
    return found


def test_a_promotion_that_its_gates_block_by_now_is_not_published(stale: Folder, project: Folder) -> None:
    stale.git("fetch", "-q", "--no-tags", "origin")
    first = stale.here("push", "--json").json()
    assert [(each["tag"], each["step"]) for each in first["tags"]] == [("line#staging#1", "skipped")]
    assert "has tags of `line` that are not here; run `git fetch --tags origin`" in first["tags"][0]["reason"]
    stale.git("fetch", "-q", "--tags", "origin")
    (tag,) = stale.here("push", "--json").json()["tags"]
    assert (tag["tag"], tag["step"]) == ("line#staging#1", "skipped")
    assert tag["reason"].startswith("the gates block it now: ")
    assert "line#staging#1" not in project.git("ls-remote", "--tags", "origin")
    command = tag["reason"].partition("to delete it here: `")[2].rstrip("`")
    assert stale.run("bash", "-c", command).status == 0
    assert stale.here("push", "--json").json()["tags"] == []
    change(stale, "promote", "line@v1.0.2", "--to", "staging")


def test_local_promotions_that_their_gates_allow_are_published(stale: Folder, project: Folder) -> None:
    stale.git("tag", "-d", "line#staging#1")
    gate = "  live: {metric: r2, vs: prod, max_drop: 0.00001, when: promote}\n"
    rules = GATES.replace("gates:\n", f"gates:\n{gate}").replace(
        "staging: {}", "staging: {}\n  prod: {from: staging}"
    )
    project.write("mlgit.yaml", rules)
    project.commit("Compare with prod")
    project.git("push", "-q")
    stale.git("pull", "-q", "--tags", "origin", "main")
    for environment in ("staging", "prod"):
        change(stale, "promote", "line@v1.0.2", "--to", environment, "--local")
    pushed = stale.here("push", "--json").json()["tags"]
    assert [(each["tag"], each["step"]) for each in pushed] == [
        ("line#staging#1", "pushed"),
        ("line#prod#1", "pushed"),
    ]


def test_a_release_that_its_gates_block_by_now_is_not_published(project: Folder) -> None:
    project.write("mlgit.yaml", GATES.replace("vs: release", "vs: staging").replace(", when: promote", ""))
    project.commit("Gates")
    project.git("push", "-q")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    stale = clone(project, "stale")
    train_into(project, "2.0", "staging")
    train(project, "1.995")
    stale.git("pull", "-q", "--no-tags", "origin", "main")
    long_ago_s = time.time() - 3 * 86400
    for name in ("FETCH_HEAD", "refs/remotes/origin/HEAD"):
        os.utime(stale / ".git" / name, (long_ago_s, long_ago_s))
    report = change(stale, "release", "line@v1.0.2", "--local")
    age = "`origin` was not asked: this was decided by the tags of this clone, fetched 3 days ago"
    assert age in report["notes"]
    stale.git("fetch", "-q", "--tags", "origin")
    (tag,) = stale.here("push", "--json").json()["tags"]
    assert (tag["tag"], tag["step"]) == ("line@v1.0.2", "skipped")
    assert tag["reason"].startswith("the gates block it now: newest: ")
    assert tag["reason"].endswith("; to delete it here: `git tag -d line@v1.0.2`")


def test_a_tag_that_plain_git_may_have_published_is_only_perhaps_here(staged: Folder) -> None:
    for file in (staged / ".git/FETCH_HEAD", *(staged / ".git/refs/remotes").rglob("*")):
        if file.exists():
            os.utime(file, (1, 1))
    staged.git("tag", "-a", "-m", "By hand", "line#dev#9", "line@v1.0.0^{}")
    staged.git("push", "-q", "--tags")
    note = "perhaps only here: `line#dev#9`; `mlgit push` sends what origin lacks"
    assert f"note: {note}" in " ".join(staged.here("models").out.split())
    text = "These tags may only be here: it is not known whether origin has them: `line#dev#9`"
    assert findings(staged)["tags_not_pushed"]["message"] == text
    change(staged, "unassign", "line", "--env", "staging", "--local")
    mixed = " ".join(staged.here("models").out.split())
    assert "note: only here, so others do not see it: `line#staging!#2`; run `mlgit push`" in mixed
    assert f"note: {note}" in mixed
