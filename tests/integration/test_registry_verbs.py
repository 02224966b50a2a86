"""The commands that write and read the registry, on a real project with a real origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.registry import allow_foreign_tags, change, origin, tags_of, train, valid
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def untouched(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One project for all commands that must write nothing."""
    return pipeline.copy(pipeline_template, tmp_path_factory.mktemp("untouched") / "project")


def test_from_release_to_prod_and_back(project: Folder) -> None:
    released = change(project, "release", "line", "-m", "First")
    assert released["version"] == "v1.0.0"
    assert released["verdict"]["decision"] != "block"
    assert tags_of(origin(project)) == tags_of(project) == {"line@v1.0.0": released["tags"][0]["oid"]}
    change(project, "promote", "line", "--to", "staging")
    change(project, "promote", "line", "--to", "prod")
    train(project, "1.995")
    assert change(project, "release", "line")["version"] == "v1.0.1"
    change(project, "promote", "line", "--to", "staging")
    promoted = change(project, "promote", "line", "--to", "prod")
    assert [tag["name"] for tag in promoted["tags"]] == ["line#prod!#2", "line#prod#2"]
    assert promoted["before"] == "v1.0.0"
    back = change(project, "rollback", "line", "--env", "prod", "-m", "false alarms")
    assert (back["version"], back["before"], back["reason"]) == ("v1.0.0", "v1.0.1", "false alarms")
    shown = valid(project.here("show", "prod", "--json"), "show")
    assert shown["environment"]["held"]
    assert [event["action"] for event in shown["events"]] == ["rollback", "promote", "promote"]
    assert tags_of(origin(project)) == tags_of(project)
    emptied = change(project, "unassign", "line", "--env", "prod")
    assert [tag["name"] for tag in emptied["tags"]] == ["line#prod!#4"]
    assert valid(project.here("show", "line#prod", "--json"), "show")["environment"]["version"] is None
    listed = valid(project.here("models", "--json"), "models")
    assert [(env["environment"], env["version"]) for env in listed["models"][0]["environments"]] == [
        ("staging", "v1.0.1"),
        ("prod", None),
    ]
    points = valid(project.here("history", "--metric", "r2", "--json"), "history")["points"]
    assert [(point["version"], point["value"]) for point in points] == [
        ("v1.0.0", "0.945"),
        ("v1.0.1", "0.9725"),
    ]


def test_a_command_that_is_run_twice_reports_already(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    before = tags_of(origin(project))
    for argv in (
        ("release", "line"),
        ("release", "line@v1.0.0"),
        ("promote", "line", "--to", "staging"),
        ("unassign", "line", "--env", "prod"),
    ):
        assert change(project, *argv)["already"], argv
    assert tags_of(origin(project)) == before
    change(project, "unassign", "line", "--env", "staging")
    assert not change(project, "deregister", "line@v1.0.0", "-m", "leak")["already"]
    assert change(project, "deregister", "line@v1.0.0")["already"]


def test_a_version_must_come_through_from_and_may_not_go_down(project: Folder) -> None:
    change(project, "release", "line")
    assert "which comes before `prod`" in project.here("promote", "line@v1.0.0", "--to", "prod").err
    change(project, "promote", "line", "--to", "staging")
    change(project, "release", "line", "--commit")
    change(project, "promote", "line@v1.0.1", "--to", "staging")
    down = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert down.status == Exit.BLOCKED
    assert change(project, "promote", "line@v1.0.0", "--to", "staging", "--downgrade")["before"] == "v1.0.1"


def test_a_promotion_of_the_current_version_ends_the_hold(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    change(project, "release", "line", "--commit")
    change(project, "promote", "line", "--to", "staging")
    change(project, "rollback", "line", "--env", "staging", "-m", "why")
    ended = change(project, "promote", "line@v1.0.0", "--to", "staging")
    assert not ended["already"]
    assert not valid(project.here("show", "staging", "--json"), "show")["environment"]["held"]
    assert change(project, "promote", "line@v1.0.0", "--to", "staging")["already"]


def test_a_deregistered_version_cannot_be_promoted_and_a_live_one_not_deregistered(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    live = project.here("deregister", "line@v1.0.0")
    assert live.status == Exit.STATE
    assert "live in `staging`" in live.err
    change(project, "unassign", "line", "--env", "staging")
    change(project, "deregister", "line@v1.0.0", "-m", "leak")
    done = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "deregistered" in done.err
    assert change(project, "release", "line", "--commit", "--force")["version"] == "v1.0.1"


@pytest.mark.parametrize(
    ("argv", "status", "says"),
    [
        (("release", "lime"), Exit.STATE, "did you mean `line`"),
        (("release", "../etc"), Exit.USAGE, "cannot be the name"),
        (("release", "line@1.0"), Exit.USAGE, "write all three numbers, such as `v1.0.0`"),
        (("release", "line", "--pre", "a.b"), Exit.USAGE, "cannot be part of a version"),
        (("release", "line@v1.0.0", "--pre", "rc"), Exit.USAGE, "together"),
        (("promote", "line", "--to", "prud"), Exit.STATE, "did you mean `prod`"),
        (("promote", "line@v9.0.0", "--to", "prod"), Exit.STATE, "no version `v9.0.0`"),
        (("promote", "line"), Exit.USAGE, "--to"),
        (("rollback", "line", "--env", "prod"), Exit.USAGE, "--message"),
        (("rollback", "line", "--env", "prod", "-m", "x"), Exit.STATE, "no version of"),
        (("unassign", "line", "--env", "nowhere"), Exit.STATE, "no environment"),
        (("deregister", "line"), Exit.USAGE, "does not name a version"),
        (("show", "nothing"), Exit.STATE, "`nothing` is not an environment"),
        (("show", "HEAD"), Exit.STATE, "is not a version"),
        (("models", "lime"), Exit.STATE, "did you mean `line`"),
        (("history", "--env", "nowhere"), Exit.STATE, "no environment"),
        (("history", "--at", "yesterday"), Exit.USAGE, "is not a date"),
    ],
)
def test_a_wrong_argument_ends_with_the_right_exit_code(
    untouched: Folder, argv: tuple[str, ...], status: int, says: str
) -> None:
    done = untouched.here(*argv)
    assert (done.status, says in done.err) == (status, True), done.err
    assert tags_of(untouched) == {}


def test_nothing_is_built_on_tags_that_were_never_pushed(project: Folder) -> None:
    change(project, "release", "line", "--local")
    done = project.here("promote", "line", "--to", "staging")
    assert done.status == Exit.STATE
    assert "`line@v1.0.0` is only here" in done.err
    assert tags_of(origin(project)) == {}
    assert project.here("push").status == Exit.DONE
    assert change(project, "promote", "line", "--to", "staging")["pushed"]


def test_one_of_several_remotes_must_be_chosen(project: Folder) -> None:
    change(project, "release", "line")
    project.git("remote", "rename", "origin", "forge")
    project.git("remote", "add", "backup", "../backup.git")
    project.git("checkout", "-q", "--detach")
    for argv in (("promote", "line", "--to", "staging"), ("promote", "line", "--to", "staging", "--local")):
        done = project.here(*argv)
        assert done.status == Exit.STATE
        assert "Cannot choose a remote: `forge` or `backup`" in done.err
    project.git("config", "mlgit.remote", "forge")
    assert change(project, "promote", "line", "--to", "staging")["pushed"]


def test_a_new_environment_needs_a_plain_name_and_an_existing_one_keeps_its_own(project: Folder) -> None:
    project.write("mlgit.yaml", pipeline.MLGIT_YAML + "  Canary: {}\n")
    project.commit("Canary")
    project.git("push", "-q")
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", "Canary")
    assert done.status == Exit.CONFIG
    assert "cannot be the name of a new environment" in done.err
    project.git("tag", "-am", "by gto", "other#Canary#1", "HEAD")
    assert change(project, "promote", "line", "--to", "Canary")["environment"] == "Canary"


def test_a_live_version_that_others_deregistered_is_reported(project: Folder) -> None:
    allow_foreign_tags(project)
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    project.git("tag", "-am", "by gto", "line@v1.0.0!", "HEAD")
    assert "is deregistered" in project.here("show", "staging").out


def test_a_message_that_is_not_utf8_does_not_cause_a_failure(project: Folder) -> None:
    change(project, "release", "line", "-m", "caf\udce9")
    change(project, "promote", "line", "--to", "staging", "-m", "caf\udce9")
    assert valid(project.here("history", "--json"), "history")["events"][0]["reason"] == "caf?"


def test_local_writes_only_here_and_needs_no_remote(project: Folder) -> None:
    project.git("remote", "set-url", "origin", "/nowhere")
    written = change(project, "release", "line", "--local")
    assert not written["pushed"]
    change(project, "promote", "line", "--to", "staging", "--local")
    assert set(tags_of(project)) == {"line@v1.0.0", "line#staging#1"}


def test_without_any_remote_every_command_works_locally(project: Folder) -> None:
    project.git("remote", "remove", "origin")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    assert change(project, "rollback", "line", "--env", "staging", "--to", "v1.0.0", "-m", "x")["already"]
    assert change(project, "release", "line", "--commit")["version"] == "v1.0.1"
    assert "--fetch" not in project.here("models").out


def test_reading_commands_do_not_use_the_network(project: Folder) -> None:
    change(project, "release", "line")
    project.git("remote", "set-url", "origin", "/nowhere")
    for argv in (
        ("models",),
        ("show", "line"),
        ("show", "line@latest"),
        ("history",),
        ("history", "--at", "2030-01-01"),
    ):
        done = project.here(*argv)
        assert done.status == Exit.DONE, done.err
        assert "tags of this clone; `--fetch` asks origin for newer ones" in done.out
    assert project.here("models", "--fetch").status == Exit.TOOL


def test_fetch_gets_the_changes_of_others(project: Folder) -> None:
    other = Folder(project.path.parent / "other")
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(other.path))
    change(project, "release", "line")
    assert "v1.0.0" not in other.here("models").out
    assert "v1.0.0" in other.here("models", "--fetch").out


def test_history_at_a_time_lists_the_versions_of_that_time(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    then = valid(project.here("history", "--json"), "history")["events"][0]["at"]
    change(project, "unassign", "line", "--env", "staging")
    assert project.here("history", "--at", "2100-01-01").out.splitlines()[0].endswith(" UTC (now)")
    held = valid(project.here("history", "--at", "2100-01-01", "--json"), "history")["held"]
    assert [(each["environment"], each["label"]) for each in held] == [("staging", None)]
    held = valid(project.here("history", "--at", then, "--json"), "history")["held"]
    assert [each["environment"] for each in held] == ["staging"]
    assert valid(project.here("history", "--at", "2001-01-01", "--json"), "history")["held"] == []


def test_an_environment_wins_over_a_branch_with_a_note(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    project.git("branch", "staging")
    shown = valid(project.here("show", "staging", "--json"), "show")
    assert shown["kind"] == "environment"
    assert "heads/staging" in shown["notes"][0]
    assert valid(project.here("show", "heads/staging", "--json"), "show")["kind"] == "version"


def test_changes_within_one_second_are_listed_in_the_order_they_were_made(project: Folder) -> None:
    assert project.here("release", "line").status == Exit.DONE
    assert project.here("promote", "line", "--to", "staging").status == Exit.DONE
    assert project.here("promote", "line", "--to", "prod").status == Exit.DONE
    events = project.here("history", "--json").json()["events"]
    assert [event["environment"] for event in events] == ["prod", "staging", None]


@pytest.mark.parametrize("by", ["pushurl", "pushInsteadOf"])
def test_tags_that_go_to_another_repository_are_an_error(staged: Folder, by: str) -> None:
    fork = staged.path.parent / "fork.git"
    staged.git("clone", "-q", "--bare", str(staged.path.parent / "origin.git"), str(fork))
    read = staged.git("remote", "get-url", "origin").strip()
    setting = "remote.origin.pushurl" if by == "pushurl" else f"url.{fork}.pushInsteadOf"
    staged.git("config", setting, str(fork) if by == "pushurl" else read)
    done = staged.here("unassign", "line", "--env", "staging", "-m", "away")
    assert done.status == Exit.STATE
    assert (
        f"`origin` is read from {read} and written to {fork}: the tags are only where it is written"
        in done.err
    )
    assert staged.here("models", "--json").json()["models"][0]["environments"][0]["version"] == "v1.0.0"
    hint = done.err.partition("hint: ")[2]
    for command in hint.split("`")[1::2]:
        assert staged.run("sh", "-c", command).status == 0, command
    assert staged.here("unassign", "line", "--env", "staging", "-m", "away").status == Exit.DONE
    assert "line#staging!#2" in tags_of(origin(staged))
