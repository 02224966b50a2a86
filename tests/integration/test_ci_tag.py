"""`mlgit ci tag`: real and fabricated tags, in clones as runners make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.core.registry.message import MARK
from mlgit.errors import Exit
from tests.support.checkouts import (
    dotenv,
    github_checkout,
    github_push,
    gitlab_push,
    outputs,
    tag_checkout,
)
from tests.support.registry import allow_foreign_tags, clone, origin, tags_of
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done, Folder

NOTHING = {
    **dict.fromkeys(("event", "name", "version", "stage", "type", "path", "description"), ""),
    **dict.fromkeys(("environment", "tag", "commit", "superseded"), ""),
    "deploy": "false",
}


def pushed(folder: Path, tag: str) -> dict[str, str]:
    return github_push(folder, ref=f"refs/tags/{tag}")


def ask(runner: Folder, tag: str | None, *more: str, env: dict[str, str] | None = None) -> Done:
    done = runner.here("ci", "tag", *([tag] if tag is not None else []), *more, "--json", env=env)
    if done.status in {Exit.DONE, Exit.BLOCKED}:
        assert_valid(done.json(), "ci-tag")
    return done


def failed(done: Done) -> list[tuple[str, str, str]]:
    """The failed proofs: tag, check, message."""
    return [
        (proof["tag"], proof["check"], proof["message"])
        for proof in done.json()["proofs"]
        if proof["state"] == "fail"
    ]


def plant(project: Folder, tag: str, message: str) -> None:
    """Push an annotated tag of another user to the origin."""
    done = project.run("git", "tag", "-a", "--cleanup=verbatim", "-F", "-", tag, stdin=message)
    assert done.status == Exit.DONE, done.err
    project.git("push", "-q", "origin", f"refs/tags/{tag}")


def test_a_release_tag_is_verified_and_has_the_outputs_of_gto_action(staged: Folder, tmp_path: Path) -> None:
    variables = pushed(tmp_path, "line@v1.0.0")
    runner = tag_checkout(staged, "runner", "line@v1.0.0")
    done = ask(runner, None, env=variables)
    assert done.status == Exit.DONE, done.err
    assert {proof["state"] for proof in done.json()["proofs"]} == {"pass"}
    assert outputs(variables) == NOTHING | {
        "event": "registration",
        "name": "line",
        "version": "v1.0.0",
        "type": "model",
        "path": "models/line.json",
        "description": "A straight line",
        "tag": "line@v1.0.0",
        "commit": staged.git("rev-parse", "HEAD"),
    }
    assert dotenv(runner)["MLGIT_EVENT"] == "registration"


def test_the_tag_that_an_environment_holds_is_to_be_deployed(staged: Folder, tmp_path: Path) -> None:
    variables = pushed(tmp_path, "line#staging#1")
    done = ask(tag_checkout(staged, "runner", "line#staging#1"), None, env=variables)
    assert done.status == Exit.DONE, done.err
    values = outputs(variables)
    assert (values["event"], values["stage"], values["environment"], values["version"], values["deploy"]) == (
        *("assignment", "staging", "staging", "v1.0.0"),
        "true",
    )
    # The release that it names is also proven.
    assert {proof["tag"] for proof in done.json()["proofs"]} == {"line#staging#1", "line@v1.0.0"}


def test_a_checkout_that_made_the_tag_lightweight_gets_the_real_one_back(
    staged: Folder, tmp_path: Path
) -> None:
    runner = tag_checkout(staged, "runner", "line#staging#1")
    assert runner.git("cat-file", "-t", "refs/tags/line#staging#1") == "commit"
    assert ask(runner, None, env=pushed(tmp_path, "line#staging#1")).status == Exit.DONE
    assert tags_of(runner) == tags_of(origin(staged))


@pytest.mark.parametrize(
    "name",
    [
        *("a$(id)#prod#1", "a;id@v1.0.0", "${{x}}@v1.0.0", "${{ x }}@v1.0.0", "tumor@v1.0", "@v1.0.0"),
        *("dir:tumor@v1.0.0", "../../etc=m@v1.0.0", "tumor@created", "v1.0.0", "tumor@v1.0.0 ", "tumor#"),
        *("tumor@v1.0.0\nevent=x", "tumor#prod#1#2", "tumor##1", "-x@v1.0.0", "`id`#prod#1"),
    ],
)
def test_a_name_that_is_not_a_model_tag_stops_before_git_sees_it(
    project: Folder, tmp_path: Path, name: str
) -> None:
    runner = github_checkout(project, "runner")
    variables = pushed(tmp_path, name)
    done = ask(runner, None, env=variables)
    assert done.status == Exit.STATE
    assert done.json()["error"]["code"] == "malformed_tag"
    assert outputs(variables) == NOTHING
    assert dotenv(runner)["MLGIT_DEPLOY"] == "false"


def test_a_hostile_name_that_git_accepts_is_refused_as_well(project: Folder, tmp_path: Path) -> None:
    origin(project).git("tag", "-a", "-m", "x", "a$(id)#prod#1", "main")
    runner = tag_checkout(project, "runner", "a$(id)#prod#1")
    variables = pushed(tmp_path, "a$(id)#prod#1")
    assert ask(runner, None, env=variables).status == Exit.STATE
    assert outputs(variables) == NOTHING


def test_without_a_tag_nothing_is_guessed(project: Folder) -> None:
    done = ask(github_checkout(project, "runner"), None, env=gitlab_push())
    assert done.status == Exit.USAGE
    assert "No tag given" in done.err


def test_on_gitlab_the_default_is_the_tag_of_the_pipeline(staged: Folder) -> None:
    runner = tag_checkout(staged, "runner", "line#staging#1", lightweight=False)
    done = ask(runner, None, env=gitlab_push(tag="line#staging#1"))
    assert done.status == Exit.DONE, done.err
    assert dotenv(runner)["MLGIT_DEPLOY"] == "true"


def test_a_tag_that_is_lightweight_on_the_remote_is_refused_with_a_reason(
    staged: Folder, tmp_path: Path
) -> None:
    origin(staged).git("tag", "line#prod#1", "main")
    variables = pushed(tmp_path, "line#prod#1")
    done = ask(tag_checkout(staged, "runner", "line#prod#1"), None, env=variables)
    assert done.status == Exit.BLOCKED
    ((tag, check, message),) = failed(done)
    assert (tag, check) == ("line#prod#1", "annotated")
    assert "lightweight" in message
    assert outputs(variables) == NOTHING


def test_a_tag_that_was_deleted_meanwhile_deploys_nothing(staged: Folder, tmp_path: Path) -> None:
    runner = tag_checkout(staged, "runner", "line#staging#1")
    staged.git("push", "-q", "origin", ":refs/tags/line#staging#1")
    variables = pushed(tmp_path, "line#staging#1")
    done = ask(runner, None, env=variables)
    assert done.status == Exit.STATE
    assert "`origin` has no tag `line#staging#1`\n" in done.err
    assert "a tag that someone deleted changes nothing" in done.err
    assert outputs(variables) == NOTHING


def test_a_tag_that_was_moved_meanwhile_is_verified_as_it_is_now(staged: Folder, tmp_path: Path) -> None:
    runner = tag_checkout(staged, "runner", "line#staging#1", lightweight=False)
    staged.commit("Other")
    staged.git("push", "-q", "origin", "main")
    message = staged.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2]
    staged.git("push", "-q", "origin", ":refs/tags/line#staging#1")
    staged.git("tag", "-d", "line#staging#1")
    plant(staged, "line#staging#1", f"{message}\n")
    done = ask(runner, None, env=pushed(tmp_path, "line#staging#1"))
    assert done.status == Exit.BLOCKED
    assert [check for _, check, _ in failed(done)] == ["release"]
    assert "its release `line@v1.0.0` at" in failed(done)[0][2]


def test_on_a_laptop_a_local_annotated_tag_is_not_overwritten(staged: Folder) -> None:
    laptop = clone(staged, "laptop")
    laptop.git("tag", "-f", "-a", "-m", "mine", "line#staging#1")
    mine = tags_of(laptop)
    done = ask(laptop, "line#staging#1")
    assert done.status == Exit.STATE
    assert "differs from the one on" in done.err
    assert tags_of(laptop) == mine


def test_a_superseded_tag_succeeds_and_deploys_nothing(staged: Folder, tmp_path: Path) -> None:
    assert staged.here("release", "line", "--commit").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    variables = pushed(tmp_path, "line#staging#1")
    done = ask(tag_checkout(staged, "runner", "line#staging#1"), None, env=variables)
    assert done.status == Exit.DONE, done.err
    assert outputs(variables)["deploy"] == "false"
    assert outputs(variables)["superseded"] == "line#staging#2"
    half = ask(github_checkout(staged, "other"), "line#staging!#2", env=pushed(tmp_path / "2", "x"))
    assert half.status == Exit.DONE
    assert (half.json()["event"], half.json()["deploy"]) == ("unassignment", False)
    # A job that reads the stage wants to deploy there.
    assert outputs(pushed(tmp_path / "2", "x"))["stage"] == ""


def test_a_rollback_is_deployed_like_any_assignment(staged: Folder, tmp_path: Path) -> None:
    assert staged.here("release", "line", "--commit").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    assert staged.here("rollback", "line", "--env", "staging", "-m", "bad").status == Exit.DONE
    variables = pushed(tmp_path, "line#staging#3")
    done = ask(tag_checkout(staged, "runner", "line#staging#3"), None, env=variables)
    assert done.status == Exit.DONE, done.err
    values = outputs(variables)
    assert (values["version"], values["deploy"]) == ("v1.0.0", "true")


def test_an_emptied_environment_and_a_rejected_version_deploy_nothing(staged: Folder, tmp_path: Path) -> None:
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert staged.here("deregister", "line@v1.0.0").status == Exit.DONE
    runner = github_checkout(staged, "runner")
    for tag, event, superseded in (
        ("line#staging#1", "assignment", "line#staging!#2"),
        ("line#staging!#2", "unassignment", ""),
        ("line@v1.0.0", "registration", "line@v1.0.0!"),
        ("line@v1.0.0!", "deregistration", ""),
    ):
        variables = pushed(tmp_path / event, tag)
        done = ask(runner, None, env=variables)
        assert done.status == Exit.DONE, done.out + done.err
        values = outputs(variables)
        assert (values["event"], values["superseded"], values["deploy"]) == (event, superseded, "false")


def test_tags_of_gto_have_no_statement_and_the_rest_is_verified(project: Folder, tmp_path: Path) -> None:
    allow_foreign_tags(project)
    project.ok("gto", "register", "line")
    project.ok("gto", "assign", "line", "--version", "v0.0.1", "--stage", "staging")
    project.git("push", "-q", "origin", "--tags")
    done = ask(github_checkout(project, "runner"), "line#staging#1", env=pushed(tmp_path, "line#staging#1"))
    assert done.status == Exit.DONE, done.out
    found = done.json()
    assert (found["event"], found["version"], found["deploy"]) == ("assignment", "v0.0.1", True)
    assert {proof["check"]: proof["state"] for proof in found["proofs"]} == {
        "annotated": "pass",
        "name": "pass",
        "statement": "skip",
        "trunk": "pass",
        **dict.fromkeys(("counts", "rules", "gates"), "pass"),
    }


def test_gto_reads_the_same_from_every_tag_that_mlgit_writes(staged: Folder) -> None:
    assert staged.here("release", "line", "--commit").status == Exit.DONE
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert staged.here("deregister", "line@v1.1.0").status in {Exit.DONE, Exit.STATE}
    for tag in tags_of(staged):
        theirs = json.loads(staged.ok("gto", "check-ref", tag, "--json"))
        ours = ask(staged, tag).json()
        assert (ours["event"], ours["name"], ours["version"]) == (
            *(theirs["event"], theirs["artifact"]),
            theirs["version"],
        )
        assert ours["environment"] == theirs.get("stage")
        assert ours["commit"] == theirs["commit_hexsha"]


def test_a_tag_object_under_another_name_is_found(staged: Folder, tmp_path: Path) -> None:
    oid = staged.git("rev-parse", "refs/tags/line#staging#1")
    origin(staged).git("update-ref", "refs/tags/line#prod#1", oid)
    done = ask(tag_checkout(staged, "runner", "line#prod#1"), None, env=pushed(tmp_path, "line#prod#1"))
    assert done.status == Exit.BLOCKED
    assert ("line#prod#1", "name", "the object was made for `line#staging#1`") in failed(done)
    assert "it states staging instead of prod" in str(failed(done))


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ('"model":"line"', '"model":"lime"', "statement"),
        ('"sequence":"1"', '"sequence":"2"', "statement"),
        ('"sequence":"1"', '"sequence":1', "statement"),
        ('"sequence":"1"', '"extra":"1","sequence":"1"', "statement"),
        ('{"_type"', '{ "_type"', "statement"),
        ('"action":"promote"', '"action":"unassign"', "statement"),
        ('"tag":"line@v1.0.0"', '"tag":"line@v9.0.0"', "statement"),
        ("}\n", "}\nand more\n", "statement"),
    ],
)
def test_a_changed_statement_is_found(staged: Folder, tmp_path: Path, old: str, new: str, check: str) -> None:
    message = staged.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n"
    assert old in message
    head, mark, statement = message.partition(f"{MARK}\n")
    staged.git("push", "-q", "origin", ":refs/tags/line#staging#1")
    staged.git("tag", "-d", "line#staging#1")
    plant(staged, "line#staging#1", head + mark + statement.replace(old, new))
    variables = pushed(tmp_path, "line#staging#1")
    done = ask(tag_checkout(staged, "runner", "line#staging#1"), None, env=variables)
    assert done.status == Exit.BLOCKED, done.out
    assert check in {found for _, found, _ in failed(done)}
    assert outputs(variables) == NOTHING


def test_a_release_tag_that_was_replaced_is_found_by_the_environment_s_tag(
    staged: Folder, tmp_path: Path
) -> None:
    staged.git("push", "-q", "origin", ":refs/tags/line@v1.0.0")
    staged.git("tag", "-d", "line@v1.0.0")
    plant(staged, "line@v1.0.0", "Trust me\n")
    done = ask(tag_checkout(staged, "runner", "line#staging#1"), None, env=pushed(tmp_path, "line#staging#1"))
    assert done.status == Exit.BLOCKED
    assert "it names `line@v1.0.0` as" in str(failed(done))


def test_a_release_whose_model_differs_from_dvc_lock_is_found(staged: Folder, tmp_path: Path) -> None:
    message = staged.git("cat-file", "tag", "line@v1.0.0").partition("\n\n")[2] + "\n"
    md5 = message.partition('"dvcMd5":"')[2][:32]
    staged.git("push", "-q", "origin", ":refs/tags/line@v1.0.0")
    staged.git("tag", "-d", "line@v1.0.0")
    plant(staged, "line@v1.0.0", message.replace(md5, "0" * 32))
    done = ask(tag_checkout(staged, "runner", "line@v1.0.0"), None, env=pushed(tmp_path, "line@v1.0.0"))
    assert done.status == Exit.BLOCKED
    ((_, check, text),) = failed(done)
    assert (check, text) == (
        "files",
        f"`models/line.json` was released as {'0' * 32}, and DVC has {md5} there",
    )


def test_a_commit_that_was_not_merged_is_found(staged: Folder, tmp_path: Path) -> None:
    staged.git("checkout", "-q", "-b", "topic")
    staged.commit("Not merged")
    plant(staged, "line@v2.0.0", "Trust me\n")
    staged.git("checkout", "-q", "main")
    done = ask(tag_checkout(staged, "runner", "line@v2.0.0"), None, env=pushed(tmp_path, "line@v2.0.0"))
    assert done.status == Exit.BLOCKED
    ((_, check, text),) = failed(done)
    assert check == "trunk"
    assert "is not on origin/main" in text


def test_a_pre_release_may_be_on_a_branch(project: Folder, tmp_path: Path) -> None:
    project.git("checkout", "-q", "-b", "topic")
    project.commit("Not merged")
    project.git("push", "-q", "-u", "origin", "topic")
    assert project.here("release", "line", "--pre", "rc").status == Exit.DONE
    done = ask(
        tag_checkout(project, "runner", "line@v1.0.0-rc.1"), None, env=pushed(tmp_path, "line@v1.0.0-rc.1")
    )
    assert done.status == Exit.DONE, done.out


@pytest.mark.parametrize(
    ("line", "status"), [("staging: {auto: true}", Exit.BLOCKED), ("staging: {pre: true}", Exit.DONE)]
)
def test_an_unmerged_version_reaches_only_environments_that_take_pre_releases(
    project: Folder, tmp_path: Path, line: str, status: int
) -> None:
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", config.replace("staging: {auto: true}", line) + "foreign_tags: allow\n")
    project.commit("Say what staging takes")
    project.git("push", "-q", "origin", "main")
    project.git("checkout", "-q", "-b", "topic")
    project.commit("Not merged")
    plant(project, "line@v9.0.0-rc.1", "Trust me\n")
    plant(project, "line#staging#1", "Trust me\n")
    variables = pushed(tmp_path, "line#staging#1")
    done = ask(tag_checkout(project, "runner", "line#staging#1"), None, env=variables)
    assert done.status == status, done.out + done.err
    assert [check for _, check, _ in failed(done)] == ["trunk"] * status
    assert outputs(variables)["deploy"] == ("false" if status else "true")


def test_an_environment_that_trunk_does_not_declare_is_never_deployed(staged: Folder, tmp_path: Path) -> None:
    # A job that deploys gets the secrets and the identity of its environment from the forge.
    allow_foreign_tags(staged)
    plant(staged, "line#pypi#1", "Trust me\n")
    variables = pushed(tmp_path, "line#pypi#1")
    done = ask(tag_checkout(staged, "runner", "line#pypi#1"), None, env=variables)
    assert done.status == Exit.DONE, done.out + done.err
    assert done.json()["notes"] == ["Nothing is deployed: trunk does not declare the environment `pypi`"]
    assert (outputs(variables)["deploy"], outputs(variables)["stage"]) == ("false", "pypi")


def test_a_checkout_of_one_commit_fetches_what_it_needs(staged: Folder, tmp_path: Path) -> None:
    staged.write("README.md", "words\n")
    staged.commit("Go on")
    staged.git("push", "-q", "origin", "main")
    runner = staged.__class__(staged.path.parent / "runner")
    runner.path.mkdir()
    runner.git("init", "-q", "-b", "nothing")
    runner.git("remote", "add", "origin", (staged.path.parent / "origin.git").as_uri())
    ref = "refs/tags/line#staging#1"
    runner.git("fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{ref}:{ref}")
    runner.git("checkout", "-q", "--detach", ref)
    done = ask(runner, None, env=pushed(tmp_path, "line#staging#1"))
    assert done.status == Exit.DONE, done.out + done.err
    assert done.json()["deploy"] is True
