"""`mlgit report --post`: from the user's own job, and from a laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.forge import ACTIONS_TOKEN, GITLAB_TOKEN, USER_TOKEN
from tests.support.pull_request import PullRequest, train

if TYPE_CHECKING:
    from tests.support.shell import Done


def laptop(pull: PullRequest, *argv: str, token: str | None = USER_TOKEN) -> Done:
    """Run on a laptop whose remote is on the forge."""
    pull.project.git("remote", "set-url", "origin", f"{pull.forge.url}/acme/tumor.git")
    env = {"GH_HOST": pull.forge.url} | ({} if token is None else {"GH_ENTERPRISE_TOKEN": token})
    return pull.project.here("report", "--post", *argv, env=env)


def bodies(pull: PullRequest) -> list[str]:
    return [each.body for each in pull.forge.comments(pull.number)]


def test_a_job_posts_the_report_and_sets_the_check(pull: PullRequest) -> None:
    done = pull.project.here("report", "--post", env=pull.github())
    assert done.status == Exit.DONE, done.err
    (body,) = bodies(pull)
    assert body.startswith("### ✅ May merge: line, 2 of 2 gates passed")
    assert [each.conclusion for each in pull.forge.checks(pull.sha)] == ["success"]
    assert done.out.splitlines()[-1].startswith("Allowed: ")
    assert "Created the comment on pull request 7" in done.err


def test_the_same_comment_as_that_of_the_templates_is_kept(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.ci("comment")
    assert pull.project.here("report", "--post", env=pull.github()).status == Exit.DONE
    assert len(bodies(pull)) == 1


def test_a_blocked_report_keeps_its_exit_code(pull: PullRequest) -> None:
    train(pull.project, "1.5")
    pull.push("Worse")
    done = pull.project.here("report", "--post", "--format", "junit", env=pull.github())
    assert done.status == Exit.BLOCKED
    assert done.out.startswith("<?xml")
    assert bodies(pull)[0].startswith("### ❌")


def test_a_report_that_does_not_cover_all_gates_sets_no_check(pull: PullRequest) -> None:
    for argv in (("--rev", "HEAD"), ("--model", "line"), ("--purpose", "release")):
        pull.project.here("report", "--post", *argv, env=pull.github())
    assert pull.forge.checks(pull.sha) == []
    assert len(bodies(pull)) == 1


def test_a_missing_verdict_is_also_posted(pull: PullRequest) -> None:
    pull.project.here("report", "--post", env=pull.github())
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    done = pull.project.here("report", "--post", env=pull.github())
    assert done.status == Exit.CONFIG
    assert bodies(pull)[0].startswith("### ❌ No verdict")
    assert [each.conclusion for each in pull.forge.checks(pull.sha)][-1] == "failure"


def test_a_laptop_finds_the_pull_request_by_its_branch_and_commit_and_sets_no_check(
    pull: PullRequest,
) -> None:
    done = laptop(pull)
    assert done.status == Exit.DONE, done.err
    assert len(bodies(pull)) == 1
    assert [each.login for each in pull.forge.comments(pull.number)] == ["alice"]
    assert pull.forge.checks(pull.sha) == []
    assert pull.forge.statuses(pull.sha) == []


def test_a_commit_that_was_not_pushed_has_no_pull_request(pull: PullRequest) -> None:
    commit = pull.project.commit("Only here")
    done = laptop(pull)
    assert done.status == Exit.DONE, done.err
    assert bodies(pull) == []
    assert done.out.startswith("### ✅")
    assert f"no open pull request has {commit[:7]} as its head" in done.err


def test_without_a_token_it_prints_the_report_and_a_note(pull: PullRequest) -> None:
    done = laptop(pull, token=None)
    assert done.status == Exit.DONE
    assert done.out.startswith("### ✅")
    assert "nothing was posted: `origin` is not on a known forge, or there is no token" in done.err
    assert pull.forge.requests == []


def test_a_remote_that_is_not_a_forge_gets_no_token(pull: PullRequest) -> None:
    tokens = {"GH_TOKEN": ACTIONS_TOKEN, "GITLAB_TOKEN": GITLAB_TOKEN}
    done = pull.project.here("report", "--post", env=tokens)
    assert done.status == Exit.DONE
    assert "nothing was posted" in done.err
    assert pull.forge.requests == []


def test_a_forge_that_refuses_is_an_error_and_the_report_is_printed(pull: PullRequest) -> None:
    pull.forge.fail(status=422, times=50)
    done = laptop(pull)
    assert done.status == Exit.TOOL
    assert done.out.startswith("### ✅")
    assert USER_TOKEN not in done.out + done.err
