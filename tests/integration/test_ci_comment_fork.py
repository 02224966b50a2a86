"""`mlgit ci comment` for a fork: one run computes the report, another one posts it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.forge import ACTIONS_TOKEN
from tests.support.pull_request import PullRequest, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Done

MALLORY = "mallory/tumor"


@pytest.fixture
def fork(pull: PullRequest) -> PullRequest:
    """The same from a fork, checked by its own run, which may only read."""
    pull.forge.state.pulls[0].source = MALLORY
    pull.check_out_merge()
    assert pull.ci("pr", env=pull.github(token=None)).status == Exit.DONE
    return pull


def trusted(fork: PullRequest, *argv: str, **options: Any) -> Done:  # noqa: ANN401 (as github_job takes them)
    """The job on the default branch that a finished run of the fork starts."""
    fork.project.git("checkout", "-q", "main")
    job = fork.forge.github_job(fork.runner, event="workflow_run", number=fork.number, **options)
    return fork.project.here("ci", "comment", "--untrusted", *argv, env=job)


def tamper(fork: PullRequest, change: Callable[[Any], object]) -> None:
    path = fork.folder / "report.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_forks_own_run_may_not_write_and_only_prints(fork: PullRequest) -> None:
    done = fork.ci("comment", env=fork.github(token=None))
    assert done.status == Exit.DONE
    assert fork.bodies() == []


def test_the_trusted_run_posts_the_report_of_a_fork_and_labels_it(fork: PullRequest) -> None:
    done = trusted(fork)
    assert done.status == Exit.DONE, done.err
    (body,) = fork.bodies()
    assert "computed by fork code" in body
    assert body.startswith("### ❓ Not proven: line, 2 of 2 gates passed")
    assert "✅" not in body
    assert fork.checks() == {"mlgit": ("completed", "action_required")}
    assert [each.title for each in fork.forge.checks(fork.sha)] == [
        "Computed by fork code, not proven: line, 2 of 2 gates passed"
    ]


def test_a_forks_second_push_changes_the_same_comment(fork: PullRequest) -> None:
    trusted(fork)
    train(fork.project, "1.5")
    fork.push("Worse")
    fork.ci("pr", env=fork.github(token=None))
    done = trusted(fork, conclusion="failure")
    assert done.status == Exit.DONE, done.err
    (body,) = fork.bodies()
    assert body.startswith("### ❌")
    assert fork.checks() == {"mlgit": ("completed", "failure")}


def test_the_destination_in_a_forks_report_is_ignored(fork: PullRequest) -> None:
    other = fork.forge.add_pull(8, branch="victim", sha="d" * 40)
    tamper(
        fork,
        lambda document: document.update(
            number=8,
            commit="d" * 40,
            pushed="d" * 40,
            project="acme/other",
            job="nightly",
            host="gitlab",
            log_url="https://evil.example/",
            fork=False,
        ),
    )
    done = trusted(fork)
    assert done.status == Exit.DONE, done.err
    assert fork.forge.comments(8) == []
    assert fork.forge.checks(other.sha) == []
    (body,) = fork.bodies()
    assert "evil.example" not in body
    assert "ddddddd" not in body
    assert "computed by fork code" in body
    assert "<!-- mlgit-report:acme/tumor/gates -->" in body
    assert fork.checks() == {"mlgit": ("completed", "action_required")}


def test_the_files_next_to_a_forks_report_are_not_read(fork: PullRequest) -> None:
    (fork.folder / "report.md").write_text("# All is well <!-- mlgit-report:acme/tumor/gates -->")
    trusted(fork)
    assert "All is well" not in fork.bodies()[0]


CONTRADICTIONS: dict[str, Callable[[Any], object]] = {
    "a decision that its results do not give": lambda document: document["check"]["verdict"]["results"][
        0
    ].update(effect="block"),
    "an unknown key": lambda document: document.update(html="<script>"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_an_invalid_report_of_a_fork_is_a_failure(fork: PullRequest, name: str) -> None:
    tamper(fork, CONTRADICTIONS[name])
    done = trusted(fork)
    assert done.status == Exit.CONFIG, done.err
    (body,) = fork.bodies()
    assert body.startswith("### ❌ No verdict: `report.json` is not an mlgit report: ")
    assert fork.checks() == {"mlgit": ("completed", "failure")}


def link(path: Path) -> None:
    secret = path.parent.parent / "secret.json"
    secret.write_text('{"password": "hunter2"}')
    path.unlink()
    path.symlink_to(secret)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "deep nesting": lambda path: path.write_text("[" * 100_000),
    "a link to somewhere": link,
    "a pipe that never ends": pipe,
}


@pytest.mark.parametrize("content", HOSTILE)
def test_a_hostile_file_is_a_failure_like_any_other(fork: PullRequest, content: str) -> None:
    HOSTILE[content](fork.folder / "report.json")
    done = trusted(fork)
    assert done.status == Exit.CONFIG, done.err
    assert "hunter2" not in fork.bodies()[0]
    assert "No verdict" in fork.bodies()[0]
    assert fork.checks() == {"mlgit": ("completed", "failure")}
    assert len(fork.bodies()[0]) < 2000


def test_a_missing_artifact_never_leaves_a_green_check(fork: PullRequest) -> None:
    trusted(fork)
    done = trusted(fork, "nowhere", conclusion="failure")
    assert done.status == Exit.STATE
    (body,) = fork.bodies()
    assert "The run left no report" in body
    assert fork.checks()["mlgit"] == ("completed", "failure")


def test_a_report_that_allows_is_not_a_verdict_if_its_run_failed(fork: PullRequest) -> None:
    done = trusted(fork, conclusion="failure")
    assert done.status == Exit.DONE, done.err
    assert "The run ended with `failure`, though its report allows the change" in fork.bodies()[0]
    assert fork.checks() == {"mlgit": ("completed", "failure")}


def test_the_markup_in_a_hostile_report_is_shown_as_text(fork: PullRequest) -> None:
    def change(document: Any) -> None:  # noqa: ANN401
        result = document["check"]["verdict"]["results"][0]
        result["message"] = (
            "@all <!-- mlgit-report:acme/tumor/gates --> | # [x](https://evil.example) `a`\n\n# ok"
        )
        result["metric"] = "`</code><img src=x onerror=alert(1)>"

    tamper(fork, change)
    done = trusted(fork)
    assert done.status == Exit.DONE, done.err
    (body,) = fork.bodies()
    assert body.count("<!--") == 1
    for harm in ("@all", "<img", "](https://evil.example)", "\n# ok"):
        assert harm not in body


def test_a_deleted_fork_gets_its_check_and_no_comment(fork: PullRequest) -> None:
    fork.forge.state.pulls[0].source = ""
    done = trusted(fork)
    assert done.status == Exit.DONE, done.err
    assert fork.bodies() == []
    assert fork.checks() == {"mlgit": ("completed", "action_required")}
    assert "no open pull request" in done.err


def test_a_forks_branch_that_moved_is_left_to_its_newer_run(fork: PullRequest) -> None:
    job = fork.forge.github_job(fork.runner, event="workflow_run", number=fork.number)
    fork.forge.move_pull(fork.number, "e" * 40)
    done = fork.project.here("ci", "comment", "--untrusted", env=job)
    assert done.status == Exit.DONE, done.err
    assert fork.bodies() == []


def test_a_branch_of_the_repository_with_the_same_name_is_not_the_forks(fork: PullRequest) -> None:
    fork.forge.add_pull(9, branch=fork.branch, sha=fork.sha)
    assert trusted(fork).status == Exit.DONE
    assert fork.forge.comments(9) == []
    assert len(fork.bodies()) == 1


def test_a_fork_can_be_announced_as_running(fork: PullRequest) -> None:
    assert trusted(fork).status == Exit.DONE
    job = fork.forge.github_job(fork.runner, event="workflow_run", number=fork.number)
    assert fork.project.here("ci", "comment", "--running", env=job).status == Exit.DONE
    assert fork.bodies()[0].startswith("### ⏳ Running")


def test_no_token_is_ever_printed(fork: PullRequest) -> None:
    done = trusted(fork)
    assert ACTIONS_TOKEN not in done.out + done.err + fork.bodies()[0]
