"""A verdict is about the event: its commit or the merge of that is checked out, its target is here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.pull_request import train

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.pull_request import PullRequest

TARGET = {"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_REF": "refs/heads/main"}
REVIEW = {"GITHUB_EVENT_NAME": "pull_request_review"}
PUSH = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/topic", "GITHUB_EVENT_PATH": ""}
MERGED_RESULT = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "change", "CI_COMMIT_SHA": "HEAD"}


def trunk(pull: PullRequest) -> None:
    pull.project.git("checkout", "-q", "--detach", "origin/main")


def head(pull: PullRequest) -> None:
    pull.project.git("checkout", "-q", "--detach", pull.sha)


def merge(pull: PullRequest) -> None:
    pull.check_out_merge()


def merge_of_trunk(pull: PullRequest) -> None:
    """The merge of a newer trunk into the change."""
    git = pull.project.git
    git("checkout", "-q", "--detach", "origin/main")
    pull.project.write("README.md", "More\n")
    git("add", "README.md")
    git("commit", "-qm", "More")
    git("push", "-q", "origin", "HEAD:main")
    git("checkout", "-q", "--detach", pull.sha)
    git("merge", "-q", "--no-ff", "-m", "Merge", "origin/main")


def merge_without_the_change(pull: PullRequest) -> None:
    trunk(pull)
    pull.project.git("merge", "-q", "-s", "ours", "-m", "Merge", pull.sha)


def merge_with_another_branch(pull: PullRequest) -> None:
    git = pull.project.git
    git("checkout", "-q", "--detach", "origin/main")
    git("commit", "-q", "--allow-empty", "-m", "Never on trunk")
    git("merge", "-q", "--no-ff", "-m", "Merge", pull.sha)


def child(pull: PullRequest) -> None:
    head(pull)
    pull.project.git("commit", "-q", "--allow-empty", "-m", "More")


def squash(pull: PullRequest) -> None:
    trunk(pull)
    pull.project.git("merge", "-q", "--squash", pull.sha)
    pull.project.git("commit", "-qm", "Squash")


CASES: dict[str, tuple[str, dict[str, str], Callable[[PullRequest], None], int]] = {
    "pull_request": ("github", {"GITHUB_SHA": "HEAD"}, merge, Exit.DONE),
    "pull_request, its head": ("github", {}, head, Exit.DONE),
    "pull_request, trunk": ("github", {}, trunk, Exit.STATE),
    "pull_request, more commits": ("github", {}, child, Exit.STATE),
    "pull_request, trunk merged by the job": ("github", {}, merge_of_trunk, Exit.DONE),
    "pull_request_target": ("github", TARGET, trunk, Exit.STATE),
    "pull_request_target, the merge": ("github", TARGET, merge, Exit.DONE),
    "pull_request_target, a merge that leaves it out": (
        "github",
        TARGET,
        merge_without_the_change,
        Exit.STATE,
    ),
    "pull_request_target, a merge with another branch": (
        "github",
        TARGET,
        merge_with_another_branch,
        Exit.STATE,
    ),
    "pull_request_review, trunk": ("github", REVIEW, trunk, Exit.STATE),
    "push": ("github", PUSH | {"GITHUB_SHA": "change"}, head, Exit.DONE),
    "push, trunk": ("github", PUSH | {"GITHUB_SHA": "change"}, trunk, Exit.STATE),
    "merge request": ("gitlab", {}, head, Exit.DONE),
    "merge request, GIT_STRATEGY=none": ("gitlab", {}, trunk, Exit.STATE),
    "merge request, merged result": ("gitlab", MERGED_RESULT, merge, Exit.DONE),
    "merge request, merge train of squashes": ("gitlab", MERGED_RESULT, squash, Exit.DONE),
    "merge request, a squash that is not GitLab's": ("gitlab", {}, squash, Exit.STATE),
}


def job(pull: PullRequest, host: str, more: dict[str, str]) -> dict[str, str]:
    """The environment of a job; `HEAD` and `change` are commits."""
    names = {"HEAD": pull.project.git("rev-parse", "HEAD"), "change": pull.sha}
    found = pull.github() | {"GITHUB_SHA": "c" * 40} if host == "github" else pull.gitlab()
    return found | {key: names.get(value, value) for key, value in more.items()}


@pytest.mark.parametrize("case", CASES)
def test_no_verdict_is_reported_about_a_commit_that_was_not_checked_out(pull: PullRequest, case: str) -> None:
    host, more, check_out, status = CASES[case]
    check_out(pull)
    env = job(pull, host, more)
    done = pull.ci("pr", env=env)
    assert done.status == status, done.err
    report = pull.report()
    assert (report["commit"], report["check"] is None) == (pull.sha, status != Exit.DONE)
    if status != Exit.DONE:
        here = pull.project.git("rev-parse", "HEAD")
        assert f"`{here[:7]}` is checked out, but this run reports about `{pull.sha[:7]}`" in done.err
        pull.ci("comment", env=env)
        if host == "github":
            assert pull.checks() == {"mlgit": ("completed", "failure")}
        else:
            assert {each.state for each in pull.forge.statuses(pull.sha)} == {"failed"}


def test_the_hint_checks_out_the_change(pull: PullRequest) -> None:
    trunk(pull)
    env = job(pull, "gitlab", {})
    (command,) = re.findall(r"run `(.*)` before it", pull.ci("pr", env=env).err.replace("\n", " "))
    pull.project.ok("sh", "-c", command)
    assert pull.ci("pr", env=env).status == Exit.DONE


def test_where_trunk_is_checked_out_with_its_rights_no_hint_fetches_the_change(pull: PullRequest) -> None:
    trunk(pull)
    done = pull.ci("pr", env=job(pull, "github", TARGET))
    assert "let `on: pull_request` start the workflow" in done.err
    assert "git fetch" not in done.err


def test_a_fork_is_not_trusted_whatever_the_event_is_called(pull: PullRequest) -> None:
    pull.forge.state.pull("acme/tumor", pull.number).source = "eve/tumor"  # type: ignore[union-attr]
    merge(pull)
    env = job(pull, "github", TARGET)
    assert pull.ci("pr", env=env).status == Exit.DONE
    assert pull.report()["fork"] is True
    pull.ci("comment", env=env)
    assert pull.checks() == {"mlgit": ("completed", "action_required")}


@pytest.mark.parametrize(
    ("command", "more"), [("check", {}), ("ci pr", {}), ("ci pr", REVIEW | {"GITHUB_BASE_REF": ""})]
)
def test_what_goes_into_a_branch_that_is_not_here_is_not_compared_with_trunk(
    pull: PullRequest, command: str, more: dict[str, str]
) -> None:
    project, found = pull.project, pull.forge.state.pull("acme/tumor", pull.number)
    assert found is not None
    found.base = "stable"
    train(project, "1.9")
    project.dvc("push", "-q")
    project.commit("Better than trunk")
    project.git("push", "-q", "origin", "HEAD:stable")
    project.git("update-ref", "-d", "refs/remotes/origin/stable")
    train(project, "1.8")
    pull.push("Worse than stable")
    env = pull.github() | {"GITHUB_SHA": "c" * 40} | more
    done = project.here(*command.split(), env=env)
    assert done.status == Exit.STATE
    assert "`origin/stable`, which this change will be merged into, is not in this clone" in done.err
    (hint,) = re.findall(r"run `(.*?)`", " ".join(done.err.split()))
    project.ok("sh", "-c", hint)
    done = project.here(*command.split(), "--json", env=env)
    record = done.json() if command == "check" else done.json()["check"]
    (base,) = record["verdict"]["baselines"]
    assert (base["commit"], base["rule"]) == (
        project.git("rev-parse", "origin/stable"),
        "where this branch left `origin/stable`",
    )


@pytest.mark.parametrize("status", [Exit.STATE, Exit.DONE])
def test_a_report_that_is_posted_is_about_what_is_checked_out(pull: PullRequest, status: int) -> None:
    (head if status == Exit.DONE else trunk)(pull)
    done = pull.project.here("report", "--post", env=job(pull, "github", {}))
    assert done.status == status, done.err
    ends = "success" if status == Exit.DONE else "failure"
    assert pull.checks() == {"mlgit": ("completed", ends)}
