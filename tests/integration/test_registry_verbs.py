"""The writing and reading verbs on a real project with a real origin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mlgit.core.registry.message import parse_message
from mlgit.core.registry.statement import ReleaseStatement
from mlgit.resources import schema_text
from tests.support import pipeline
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done


@pytest.fixture(scope="module")
def untouched(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One project for all commands that must write nothing."""
    return pipeline.copy(pipeline_template, tmp_path_factory.mktemp("untouched") / "project")


def valid(done: Done, schema: str) -> Any:  # noqa: ANN401 (it is JSON)
    document = done.json()
    Draft202012Validator(json.loads(schema_text(schema))).validate(document)
    return document


def change(project: Folder, *argv: str) -> Any:  # noqa: ANN401 (it is JSON)
    done = project.here(*argv, "--json")
    assert done.status == 0, done.err
    return valid(done, "change")


def remote_tags(project: Folder) -> dict[str, str]:
    lines = project.git("ls-remote", "--tags", "--refs", "origin").splitlines()
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in (line.split("\t") for line in lines)}


def local_tags(project: Folder) -> dict[str, str]:
    lines = project.git("for-each-ref", "--format=%(objectname)\t%(refname)", "refs/tags").splitlines()
    return {ref.removeprefix("refs/tags/"): oid for oid, ref in (line.split("\t") for line in lines)}


def train(project: Folder, slope: str) -> str:
    """A new model, committed and pushed with its data."""
    project.write("params.yaml", f"train:\n  slope: {slope}\n")
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    commit = project.commit(f"Slope {slope}")
    project.git("push", "-q")
    return commit


def test_from_release_to_prod_and_back(project: Folder) -> None:
    released = change(project, "release", "line", "-m", "First")
    assert released["version"] == "v1.0.0"
    assert released["verdict"]["decision"] != "block"
    assert remote_tags(project) == local_tags(project) == {"line@v1.0.0": released["tags"][0]["oid"]}
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
    assert remote_tags(project) == local_tags(project)
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


def test_saying_it_twice_says_already(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    before = remote_tags(project)
    for argv in (
        ("release", "line"),
        ("release", "line@v1.0.0"),
        ("promote", "line", "--to", "staging"),
        ("unassign", "line", "--env", "prod"),
    ):
        assert change(project, *argv)["already"], argv
    assert remote_tags(project) == before
    change(project, "unassign", "line", "--env", "staging")
    assert not change(project, "deregister", "line@v1.0.0", "-m", "leak")["already"]
    assert change(project, "deregister", "line@v1.0.0")["already"]


def test_a_dry_run_prints_the_plan_and_writes_nothing(project: Folder) -> None:
    plan = change(project, "release", "line", "--dry-run")
    assert plan["dry_run"]
    assert [tag["name"] for tag in plan["tags"]] == ["line@v1.0.0"]
    assert not plan["pushed"]
    assert local_tags(project) == remote_tags(project) == {}
    assert project.run("git", "cat-file", "-e", plan["tags"][0]["oid"]).status != 0


def test_a_release_states_what_went_into_it(project: Folder) -> None:
    change(project, "release", "line")
    statement = parse_message(project.git("tag", "-l", "--format=%(contents)", "line@v1.0.0"))
    assert isinstance(statement, ReleaseStatement)
    assert statement.files[0].path == "models/line.json"
    assert project.ok("sha256sum", "models/line.json").startswith(statement.files[0].sha256 or "?")
    assert set(statement.inputs) == {"data/raw.csv", "src/prepare.py", "src/train.py", "src/evaluate.py"}
    assert statement.params == {"params.yaml:train.slope": "1.99"}
    assert statement.metrics["metrics/test.json:r2"] == "0.945"
    assert statement.tree == project.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize(
    ("prepare", "status", "says"),
    [
        (lambda it: it.write("params.yaml", "train:\n  slope: 2.0\n"), 4, "differs from HEAD"),
        (lambda it: (it.write("src/train.py", "pass\n"), it.commit("x"), it.git("push", "-q")), 4, "stale"),
        (lambda it: it.commit("not pushed"), 4, "is not on `origin/main`"),
        (lambda it: it.ok("rm", "-rf", "../storage"), 4, "DVC remote"),
        (lambda it: it.git("remote", "set-url", "origin", "/nowhere"), 5, "does not answer"),
    ],
)
def test_what_is_not_ready_is_not_released(project: Folder, prepare: Any, status: int, says: str) -> None:  # noqa: ANN401
    prepare(project)
    done = project.here("release", "line")
    assert (done.status, says in done.err) == (status, True), done.err
    assert "hint:" in done.err
    assert local_tags(project) == {}


def test_a_blocked_release_writes_no_tag_and_tells_the_gates(project: Folder) -> None:
    train(project, "1.0")
    done = project.here("release", "line")
    assert done.status == 1
    assert "r2-floor" in done.err
    assert remote_tags(project) == local_tags(project) == {}


def test_push_data_publishes_the_model_first(project: Folder) -> None:
    project.ok("rm", "-rf", "../storage")
    plan = change(project, "release", "line", "--push-data", "--dry-run")
    assert plan["tags"]
    assert any("would be pushed to the DVC remote" in note for note in plan["notes"])
    assert not (project.path.parent / "storage").exists()
    change(project, "release", "line", "--push-data")
    assert (project.path.parent / "storage" / "files" / "md5").is_dir()


def test_a_pre_release_needs_a_pushed_branch_only_and_an_environment_that_takes_it(project: Folder) -> None:
    project.git("checkout", "-q", "-b", "try")
    project.commit("on a branch")
    assert project.here("release", "line", "--pre", "rc").status == 4
    project.git("push", "-q", "-u", "origin", "try")
    assert change(project, "release", "line", "--pre", "rc")["version"] == "v1.0.0-rc.1"
    done = project.here("promote", "line@v1.0.0-rc.1", "--to", "staging")
    assert done.status == 1
    assert "pre-release" in done.err


def test_a_commit_is_one_version_unless_an_empty_commit_is_added(project: Folder) -> None:
    change(project, "release", "line")
    head = project.git("rev-parse", "HEAD")
    done = project.here("release", "line@v2.0.0")
    assert done.status == 4
    assert "--commit" in done.err
    second = change(project, "release", "line@v2.0.0", "--commit")
    assert project.git("rev-parse", "HEAD~1") == head
    assert second["commit"] == project.git("rev-parse", "HEAD") == project.git("rev-parse", "origin/main")
    assert project.git("status", "--porcelain") == ""


def test_the_same_model_on_another_commit_is_already_released(project: Folder) -> None:
    change(project, "release", "line")
    project.write("README", "words")
    project.commit("Words only")
    project.git("push", "-q")
    again = change(project, "release", "line")
    assert (again["already"], again["version"]) == (True, "v1.0.0")
    forced = change(project, "release", "line", "--force", "--bump", "auto")
    assert forced["version"] == "v1.0.1"
    assert any("nothing that its pipeline reads changed" in note for note in forced["notes"])


def test_a_final_version_may_have_what_its_pre_release_had_on_another_commit(project: Folder) -> None:
    change(project, "release", "line", "--pre", "rc")
    assert change(project, "release", "line", "--pre", "rc")["already"]
    here = project.here("release", "line")
    assert here.status == 4
    assert "`line@v1.0.0-rc.1` already" in here.err
    project.commit("Merge")
    project.git("push", "-q")
    assert change(project, "release", "line")["version"] == "v1.0.0"
    assert change(project, "release", "line")["already"]
    assert project.here("release", "line", "--pre", "rc").status == 4


def test_an_empty_commit_goes_to_the_tip_of_trunk_and_nowhere_else(project: Folder) -> None:
    change(project, "release", "line")
    project.git("switch", "-q", "-c", "topic")
    project.git("push", "-q", "-u", "origin", "topic")
    done = project.here("release", "line", "--commit")
    assert done.status == 4
    assert "versions are released on `main`" in done.err
    assert change(project, "release", "line", "--commit", "--pre", "rc")["version"] == "v1.0.1-rc.1"
    assert project.git("rev-parse", "origin/topic") == project.git("rev-parse", "topic")
    project.git("switch", "-q", "main")
    other = Folder(project.path.parent / "other")
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(other.path))
    other.commit("Faster")
    other.git("push", "-q")
    behind = project.here("release", "line", "--commit")
    assert behind.status == 4
    assert "is not the tip of `origin/main`" in behind.err
    assert set(remote_tags(project)) == {"line@v1.0.0", "line@v1.0.1-rc.1"}


def test_a_version_must_come_through_from_and_may_not_go_down(project: Folder) -> None:
    change(project, "release", "line")
    assert "does not qualify" in project.here("promote", "line@v1.0.0", "--to", "prod").err
    change(project, "promote", "line", "--to", "staging")
    change(project, "release", "line", "--commit")
    change(project, "promote", "line@v1.0.1", "--to", "staging")
    down = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert down.status == 1
    assert change(project, "promote", "line@v1.0.0", "--to", "staging", "--downgrade")["before"] == "v1.0.1"


def test_a_promotion_of_what_is_there_ends_the_hold(project: Folder) -> None:
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
    assert live.status == 4
    assert "live in `staging`" in live.err
    change(project, "unassign", "line", "--env", "staging")
    change(project, "deregister", "line@v1.0.0", "-m", "leak")
    done = project.here("promote", "line@v1.0.0", "--to", "staging")
    assert done.status == 1
    assert "deregistered" in done.err
    assert change(project, "release", "line", "--commit")["version"] == "v1.0.1"


def test_a_number_of_which_only_the_rejection_is_left_is_not_given_again(project: Folder) -> None:
    project.git("tag", "-am", "by gto", "line@v1.0.0!", "HEAD")
    project.git("push", "-q", "--tags")
    done = project.here("release", "line@v1.0.0")
    assert done.status == 4
    assert "exists already" in done.err
    assert change(project, "release", "line")["version"] == "v1.0.1"


@pytest.mark.parametrize(
    ("argv", "status", "says"),
    [
        (("release", "lime"), 4, "did you mean `line`"),
        (("release", "../etc"), 2, "cannot be the name"),
        (("release", "line@1.0.0"), 2, "did you mean `v1.0.0`"),
        (("release", "line", "--pre", "a.b"), 2, "cannot stand in a version"),
        (("release", "line@v1.0.0", "--pre", "rc"), 2, "together"),
        (("promote", "line", "--to", "prud"), 4, "did you mean `prod`"),
        (("promote", "line@v9.0.0", "--to", "prod"), 4, "no version `v9.0.0`"),
        (("promote", "line"), 2, "--to"),
        (("rollback", "line", "--env", "prod"), 2, "--message"),
        (("rollback", "line", "--env", "prod", "-m", "x"), 4, "no earlier version"),
        (("unassign", "line", "--env", "nowhere"), 4, "no environment"),
        (("deregister", "line"), 2, "names no version"),
        (("show", "nothing"), 4, "`nothing` is no environment"),
        (("show", "HEAD"), 4, "is no version"),
        (("models", "lime"), 4, "did you mean `line`"),
        (("history", "--env", "nowhere"), 4, "no environment"),
        (("history", "--at", "yesterday"), 2, "is no date"),
    ],
)
def test_what_is_wrong_is_said_with_the_right_code(
    untouched: Folder, argv: tuple[str, ...], status: int, says: str
) -> None:
    done = untouched.here(*argv)
    assert (done.status, says in done.err) == (status, True), done.err
    assert local_tags(untouched) == {}


def test_nothing_is_built_on_tags_that_were_never_pushed(project: Folder) -> None:
    change(project, "release", "line", "--local")
    done = project.here("promote", "line", "--to", "staging")
    assert done.status == 4
    assert "`line@v1.0.0` is only here" in done.err
    assert remote_tags(project) == {}
    assert project.here("push").status == 0
    assert change(project, "promote", "line", "--to", "staging")["pushed"]


def test_a_trunk_that_the_remote_does_not_have_is_not_published(project: Folder) -> None:
    project.ok("rm", "-rf", "../origin.git")
    project.ok("git", "init", "-q", "--bare", "-b", "main", "../origin.git")
    project.git("fetch", "-q", "--prune")
    project.git("remote", "set-head", "origin", "-d")
    done = project.here("release", "line")
    assert done.status == 4
    assert "is not on `origin/main`" in done.err
    assert project.here("release", "line", "--local").status == 0


def test_of_several_remotes_one_must_be_meant(project: Folder) -> None:
    change(project, "release", "line")
    project.git("remote", "rename", "origin", "forge")
    project.git("remote", "add", "backup", "../backup.git")
    project.git("checkout", "-q", "--detach")
    done = project.here("promote", "line", "--to", "staging")
    assert done.status == 4
    assert "`forge` or `backup`" in done.err or "`backup` or `forge`" in done.err
    assert not change(project, "promote", "line", "--to", "staging", "--local")["pushed"]


def test_a_new_environment_has_a_plain_name_and_one_that_stands_keeps_its_own(project: Folder) -> None:
    project.write("mlgit.yaml", pipeline.MLGIT_YAML + "  Canary: {}\n")
    project.commit("Canary")
    project.git("push", "-q")
    change(project, "release", "line")
    done = project.here("promote", "line", "--to", "Canary")
    assert done.status == 2
    assert "cannot be the name of a new environment" in done.err
    project.git("tag", "-am", "by gto", "other#Canary#1", "HEAD")
    assert change(project, "promote", "line", "--to", "Canary")["environment"] == "Canary"


def test_a_live_version_that_others_deregistered_is_told(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    project.git("tag", "-am", "by gto", "line@v1.0.0!", "HEAD")
    assert "is deregistered" in project.here("show", "staging").out


def test_a_model_of_a_dvc_file_is_what_that_file_says(project: Folder) -> None:
    project.write("weights.bin", "one")
    project.dvc("add", "-q", "weights.bin")
    project.dvc("push", "-q")
    project.write("mlgit.yaml", "version: 1\nmodels:\n  weights: {path: weights.bin}\n")
    project.commit("Weights")
    project.git("push", "-q")
    project.write("weights.bin", "two")
    done = project.here("release", "weights")
    assert done.status == 4
    assert "is not what `weights.bin.dvc` says" in done.err
    project.dvc("checkout", "-q", "--force", "weights.bin")
    assert change(project, "release", "weights")["version"] == "v1.0.0"


def test_a_message_that_is_no_utf8_does_not_stop_anybody(project: Folder) -> None:
    change(project, "release", "line", "-m", "caf\udce9")
    change(project, "promote", "line", "--to", "staging", "-m", "caf\udce9")
    assert valid(project.here("history", "--json"), "history")["events"][0]["reason"] == "caf?"


def test_local_writes_here_only_and_needs_no_remote(project: Folder) -> None:
    project.git("remote", "set-url", "origin", "/nowhere")
    written = change(project, "release", "line", "--local")
    assert not written["pushed"]
    change(project, "promote", "line", "--to", "staging", "--local")
    assert set(local_tags(project)) == {"line@v1.0.0", "line#staging#1"}


def test_without_any_remote_everything_works_here(project: Folder) -> None:
    project.git("remote", "remove", "origin")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    assert change(project, "rollback", "line", "--env", "staging", "--to", "v1.0.0", "-m", "x")["already"]
    assert change(project, "release", "line", "--commit")["version"] == "v1.0.1"
    assert "--fetch" not in project.here("models").out


def test_reading_verbs_do_not_touch_the_network(project: Folder) -> None:
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
        assert done.status == 0, done.err
        assert "tags as of" in done.out
    assert project.here("models", "--fetch").status == 5


def test_fetch_brings_what_others_did(project: Folder) -> None:
    other = Folder(project.path.parent / "other")
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(other.path))
    change(project, "release", "line")
    assert "v1.0.0" not in other.here("models").out
    assert "v1.0.0" in other.here("models", "--fetch").out


def test_a_version_in_a_repository_without_mlgit_yaml(project: Folder) -> None:
    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Zero config")
    project.git("push", "-q")
    assert "line" in project.here("models").out
    assert change(project, "release", "line")["version"] == "v1.0.0"
    done = project.here("promote", "line", "--to", "prod")
    assert done.status == 4
    assert "environments:" in done.err


def test_history_at_a_time_is_what_was_there_then(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    then = valid(project.here("history", "--json"), "history")["events"][0]["at"]
    change(project, "unassign", "line", "--env", "staging")
    held = valid(project.here("history", "--at", "2100-01-01", "--json"), "history")["held"]
    assert [(each["environment"], each["label"]) for each in held] == [("staging", None)]
    held = valid(project.here("history", "--at", then, "--json"), "history")["held"]
    assert [each["environment"] for each in held] == ["staging"]
    assert valid(project.here("history", "--at", "2001-01-01", "--json"), "history")["held"] == []


def test_an_environment_wins_over_a_branch_and_says_so(project: Folder) -> None:
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "staging")
    project.git("branch", "staging")
    shown = valid(project.here("show", "staging", "--json"), "show")
    assert shown["kind"] == "environment"
    assert "heads/staging" in shown["notes"][0]
    assert valid(project.here("show", "heads/staging", "--json"), "show")["kind"] == "version"


def test_changes_within_one_second_stand_in_the_order_they_were_made(project: Folder) -> None:
    assert project.here("release", "line").status == 0
    assert project.here("promote", "line", "--to", "staging").status == 0
    assert project.here("promote", "line", "--to", "prod").status == 0
    events = project.here("history", "--json").json()["events"]
    assert [event["environment"] for event in events] == ["prod", "staging", None]


def test_a_bump_on_a_released_commit_is_refused_with_the_way_on(project: Folder) -> None:
    assert project.here("release", "line").status == 0
    assert project.here("release", "line").status == 0
    done = project.here("release", "line", "--bump", "minor")
    assert done.status == 4
    assert "--commit" in done.err
    assert project.git("tag") == "line@v1.0.0"
