"""`mlgit ci comment`: one comment, one check, and nobody's word taken for more than it is worth."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.forge import ACTIONS_TOKEN, GITLAB_TOKEN, started
from tests.support.pull_request import PullRequest, train
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.shell import Done

MALLORY = "mallory/tumor"


@pytest.fixture
def pull(proposed_template: Path, tmp_path: Path) -> Iterator[PullRequest]:
    """A pull request with a better model, its results committed and pushed."""
    with started() as forge:
        yield PullRequest.proposed(proposed_template, tmp_path, forge)


def bodies(pull: PullRequest) -> list[str]:
    return [each.body for each in pull.forge.comments(pull.number)]


def checks(pull: PullRequest, sha: str | None = None) -> dict[str, tuple[str, str | None]]:
    """Name -> status and conclusion, the last of each name."""
    return {each.name: (each.status, each.conclusion) for each in pull.forge.checks(sha or pull.sha)}


def judged(pull: PullRequest, *argv: str) -> Done:
    """Run both jobs of one push; what the second did."""
    pull.ci("pr")
    return pull.ci("comment", *argv)


def worse(pull: PullRequest, slope: str = "1.5") -> None:
    train(pull.project, slope)
    pull.push("Worse")


# The pull request is in the repository itself.


def test_a_report_becomes_one_comment_and_a_check(pull: PullRequest) -> None:
    pull.check_out_merge()
    done = judged(pull)
    assert done.status == 0, done.err
    assert bodies(pull) == [(pull.folder / "report.md").read_text()]
    assert checks(pull) == {"mlgit": ("completed", "success")}
    assert pull.forge.checks(pull.project.git("rev-parse", "HEAD")) == []
    assert "wrote a comment on pull request 7: http" in done.out
    assert f"set the check `mlgit` of {pull.sha[:7]} to success" in done.out
    assert done.err == ""


def test_two_pushes_give_one_comment_about_the_newer(pull: PullRequest) -> None:
    judged(pull)
    first = pull.sha
    worse(pull)
    done = judged(pull)
    assert done.status == 0, done.err
    (body,) = bodies(pull)
    assert body.startswith("### ❌ line: 2 of 2 gates failed")
    assert checks(pull) == {"mlgit": ("completed", "failure")}
    assert checks(pull, first) == {"mlgit": ("completed", "success")}


def test_a_blocked_report_has_remarks_at_the_lines_of_its_gates(pull: PullRequest) -> None:
    worse(pull)
    judged(pull)
    (check,) = pull.forge.checks(pull.sha)
    lines = (pull.project / "mlgit.yaml").read_text().splitlines()
    gates = {
        (each["path"], lines[each["start_line"] - 1].split(":")[0].strip()) for each in check.annotations
    }
    assert gates == {("mlgit.yaml", "r2-floor"), ("mlgit.yaml", "mae-vs-base")}
    assert {each["annotation_level"] for each in check.annotations} == {"failure"}
    assert check.title == "line: 2 of 2 gates failed: mae 0.055 -> 2.75 (+2.695, allowed +0.05) (and 1 more)"
    assert check.summary == bodies(pull)[0]
    assert check.details_url == pull.report()["log_url"]


def test_running_then_done_is_one_comment_and_one_state(pull: PullRequest) -> None:
    judged(pull)
    worse(pull)
    done = pull.ci("comment", "--running")
    assert done.status == 0, done.err
    (body,) = bodies(pull)
    assert body.startswith(f"### ⏳ Running on `{pull.sha[:7]}`")
    ((status, conclusion),) = checks(pull).values()
    assert (status, conclusion) == ("in_progress", None)
    judged(pull)
    assert len(bodies(pull)) == 1
    assert checks(pull) == {"mlgit": ("completed", "failure")}


def test_the_same_report_is_not_written_twice(pull: PullRequest) -> None:
    judged(pull)
    done = pull.ci("comment")
    assert "left the comment as it is" in done.out
    assert [each.edits for each in pull.forge.comments(pull.number)] == [0]


def test_json_says_what_was_written(pull: PullRequest) -> None:
    pull.ci("pr")
    document = pull.ci("comment", "--json").json()
    assert_valid(document, "ci-comment")
    assert [(each["number"], each["action"]) for each in document["comments"]] == [(7, "created")]
    assert document["check"]["state"] == "success"
    assert document["body"] == bodies(pull)[0]


def test_jobs_of_several_names_have_their_own_comment_and_check(pull: PullRequest) -> None:
    judged(pull)
    assert pull.ci("comment", "--job", "nightly").status == 0
    assert len(bodies(pull)) == 2
    assert checks(pull) == {
        "mlgit": ("completed", "success"),
        "mlgit/nightly": ("completed", "success"),
    }
    assert pull.ci("comment", "--job", "a b`c").status == 2


def test_comments_of_others_are_left_alone_even_with_our_marker(pull: PullRequest) -> None:
    pull.ci("pr")
    forged = (pull.folder / "report.md").read_text()
    pull.forge.add_comment(pull.number, forged, login="mallory")
    assert pull.ci("comment").status == 0
    assert [each.login for each in pull.forge.comments(pull.number)] == ["mallory", "github-actions[bot]"]


def test_a_broken_config_is_told_on_the_pull_request(pull: PullRequest) -> None:
    judged(pull)
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.push("Broken", data=False)
    assert pull.ci("pr").status == 3
    done = pull.ci("comment")
    assert done.status == 0, done.err
    (body,) = bodies(pull)
    assert body.startswith("### ❌ No verdict: ")
    assert "mlgit.yaml:2:1" in body
    (check,) = pull.forge.checks(pull.sha)
    assert check.conclusion == "failure"
    assert [(each["path"], each["start_line"]) for each in check.annotations] == [("mlgit.yaml", 2)]


def test_a_run_that_left_no_report_is_told_as_a_failure(pull: PullRequest) -> None:
    judged(pull)
    worse(pull)
    done = pull.ci("comment", "nowhere")
    assert done.status == 4
    assert "The run left no report" in bodies(pull)[0]
    assert checks(pull) == {"mlgit": ("completed", "failure")}


def test_a_report_of_another_commit_allows_nothing(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.project.git("add", "--force", "mlgit-report")
    worse(pull)
    done = pull.ci("comment")  # the job before died, and what is here came with the checkout
    assert done.status == 0, done.err
    assert "The run left no report: the one that is here is about" in bodies(pull)[0]
    assert checks(pull) == {"mlgit": ("completed", "failure")}


def test_an_old_run_does_not_write_over_the_report_of_a_newer_commit(pull: PullRequest) -> None:
    pull.ci("pr")
    old = pull.github()
    before = pull.sha
    worse(pull)
    judged_body = judged(pull)
    assert judged_body.status == 0
    (newer,) = bodies(pull)
    # The event of the old run, whose job comes late.
    event = json.loads((pull.runner / "event.json").read_text())
    event["pull_request"]["head"]["sha"] = before
    (pull.runner / "event.json").write_text(json.dumps(event))
    done = pull.project.here("ci", "comment", env=old)
    assert done.status == 0, done.err
    assert f"the branch has gone on to {pull.sha[:7]}" in done.err
    assert bodies(pull) == [newer]


def test_the_commit_that_a_run_pushed_gets_the_check(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    old, environment = pull.sha, pull.github()
    done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == 0, done.err
    made = pull.report()["pushed"]
    pull.forge.move_pull(pull.number, made)
    done = pull.ci("comment", env=environment)
    assert done.status == 0, done.err
    assert checks(pull, made) == {"mlgit": ("completed", "success")}
    assert checks(pull, old) == {}
    assert len(bodies(pull)) == 1


def test_a_push_to_a_branch_finds_its_pull_request(pull: PullRequest) -> None:
    pull.ci("pr")
    job = pull.forge.github_job(pull.runner, event="push", ref="refs/heads/topic", sha=pull.sha)
    done = pull.ci("comment", env=job)
    assert done.status == 0, done.err
    assert len(bodies(pull)) == 1


def test_a_commit_without_a_pull_request_only_gets_its_check(pull: PullRequest) -> None:
    job = pull.forge.github_job(pull.runner, event="push", ref="refs/heads/main", sha=pull.base)
    pull.ci("pr", env=job)
    done = pull.ci("comment", env=job)
    assert done.status == 0, done.err
    assert bodies(pull) == []
    assert checks(pull, pull.base) == {"mlgit": ("completed", "success")}
    assert "no open pull request" in done.err


# Without a forge, and with one that refuses.


def test_without_a_token_the_report_is_printed_and_stands_in_the_summary(pull: PullRequest) -> None:
    pull.ci("pr")
    text = (pull.folder / "report.md").read_text()
    pull.forget_summary()
    done = pull.ci("comment", env=pull.github(token=None))
    assert done.status == 0
    assert done.out == text
    assert done.err == "nothing was posted: `GITHUB_TOKEN` is not set\n"
    assert pull.summary == text
    assert pull.forge.requests == []


def test_on_a_laptop_the_report_is_printed(pull: PullRequest) -> None:
    pull.project.here("ci", "pr")
    done = pull.project.here("ci", "comment")
    assert done.status == 0
    assert done.out == (pull.folder / "report.md").read_text()
    assert "nothing was posted" in done.err


@pytest.mark.parametrize("argv", [("--running",), ("--untrusted",)])
def test_outside_ci_there_is_nothing_to_run_or_to_distrust(pull: PullRequest, argv: tuple[str, ...]) -> None:
    assert pull.project.here("ci", "comment", *argv).status == 2


def test_a_forge_that_refuses_is_an_error_and_the_report_is_printed(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forget_summary()
    pull.forge.fail(status=422, times=50)
    done = pull.ci("comment")
    assert done.status == 5
    assert done.out == (pull.folder / "report.md").read_text()
    assert "error: GitHub refuses to" in done.err
    assert ACTIONS_TOKEN not in done.out + done.err
    assert pull.summary == done.out


def test_a_comment_that_is_refused_does_not_keep_the_check_from_being_set(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forge.fail(status=403, times=50, path="/comments")
    assert pull.ci("comment").status == 5
    assert checks(pull) == {"mlgit": ("completed", "success")}


def test_a_token_that_may_set_no_check_sets_a_status(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forge.fail(status=403, times=50, path="/check-runs")
    done = pull.ci("comment")
    assert done.status == 0, done.err
    assert [(each.context, each.state) for each in pull.forge.statuses(pull.sha)] == [("mlgit", "success")]


def test_on_gitlab_the_merge_request_gets_a_note_and_the_commit_a_status(pull: PullRequest) -> None:
    env = pull.gitlab()
    pull.ci("pr", env=env)
    for _ in range(2):
        done = pull.ci("comment", env=env)
        assert done.status == 0, done.err
    assert len(bodies(pull)) == 1
    assert [(each.context, each.state) for each in pull.forge.statuses(pull.sha)][-1] == ("mlgit", "success")


def test_on_gitlab_without_a_token_it_prints_and_warns(pull: PullRequest) -> None:
    env = pull.gitlab(token=None)
    assert pull.ci("pr", env=env).status == 0
    done = pull.ci("comment", env=env | {"CI_JOB_TOKEN": "glcbt-64_fakeJobToken0000"})
    assert done.status == 0
    assert done.out == (pull.folder / "report.md").read_text()
    assert done.err == "nothing was posted: `MLGIT_GITLAB_TOKEN` is not set\n"
    assert GITLAB_TOKEN not in done.out


def test_on_gitlab_a_forks_report_is_labelled_whoever_ran_the_pipeline(pull: PullRequest) -> None:
    pull.forge.add_repository("mallory/tumor")
    pull.forge.state.pulls[0].source = MALLORY
    env = pull.gitlab()
    assert pull.ci("pr", env=env).status == 0
    assert pull.ci("comment", env=env).status == 0
    assert "computed by fork code" in bodies(pull)[0]


# The pull request is a fork's: one run computes, another one tells.


@pytest.fixture
def fork(pull: PullRequest) -> PullRequest:
    """The same from a fork, judged by its own run, which may only read."""
    pull.forge.state.pulls[0].source = MALLORY
    pull.check_out_merge()
    assert pull.ci("pr", env=pull.github(token=None)).status == 0
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


def test_a_fork_may_not_write_so_that_its_own_run_only_prints(fork: PullRequest) -> None:
    done = fork.ci("comment", env=fork.github(token=None))
    assert done.status == 0
    assert bodies(fork) == []


def test_the_trusted_run_tells_the_report_of_a_fork_and_labels_it(fork: PullRequest) -> None:
    done = trusted(fork)
    assert done.status == 0, done.err
    (body,) = bodies(fork)
    assert "computed by fork code" in body
    assert body.startswith("### ✅ line: 2 of 2 gates passed")
    assert checks(fork) == {"mlgit": ("completed", "success")}
    assert [each.title for each in fork.forge.checks(fork.sha)] == [
        "Computed by fork code: line: 2 of 2 gates passed"
    ]


def test_a_forks_second_push_changes_the_same_comment(fork: PullRequest) -> None:
    trusted(fork)
    train(fork.project, "1.5")
    fork.push("Worse")
    fork.ci("pr", env=fork.github(token=None))
    done = trusted(fork, conclusion="failure")
    assert done.status == 0, done.err
    (body,) = bodies(fork)
    assert body.startswith("### ❌")
    assert checks(fork) == {"mlgit": ("completed", "failure")}


def test_where_a_forks_report_says_that_it_belongs_is_ignored(fork: PullRequest) -> None:
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
    assert done.status == 0, done.err
    assert fork.forge.comments(8) == []
    assert fork.forge.checks(other.sha) == []
    (body,) = bodies(fork)
    assert "evil.example" not in body
    assert "ddddddd" not in body
    assert "computed by fork code" in body
    assert "<!-- mlgit-report:acme/tumor/gates -->" in body
    assert checks(fork) == {"mlgit": ("completed", "success")}


def test_the_files_beside_a_forks_report_are_not_looked_at(fork: PullRequest) -> None:
    (fork.folder / "report.md").write_text("# All is well <!-- mlgit-report:acme/tumor/gates -->")
    trusted(fork)
    assert "All is well" not in bodies(fork)[0]


LIES: dict[str, Callable[[Any], object]] = {
    "a decision that its results do not give": lambda document: document["check"]["verdict"]["results"][
        0
    ].update(effect="block"),
    "an unknown key": lambda document: document.update(html="<script>"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_forks_report_that_is_none_is_a_failure(fork: PullRequest, lie: str) -> None:
    tamper(fork, LIES[lie])
    done = trusted(fork)
    assert done.status == 3, done.err
    (body,) = bodies(fork)
    assert body.startswith("### ❌ No verdict: `report.json` is no report of mlgit: ")
    assert checks(fork) == {"mlgit": ("completed", "failure")}


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
def test_a_file_that_is_hostile_is_a_failure_like_any_other(fork: PullRequest, content: str) -> None:
    HOSTILE[content](fork.folder / "report.json")
    done = trusted(fork)
    assert done.status == 3, done.err
    assert "hunter2" not in bodies(fork)[0]
    assert "No verdict" in bodies(fork)[0]
    assert checks(fork) == {"mlgit": ("completed", "failure")}
    assert len(bodies(fork)[0]) < 2000


def test_an_artifact_that_is_missing_never_leaves_a_green_check(fork: PullRequest) -> None:
    trusted(fork)
    done = trusted(fork, "nowhere", conclusion="failure")
    assert done.status == 4
    (body,) = bodies(fork)
    assert "The run left no report" in body
    assert checks(fork)["mlgit"] == ("completed", "failure")


def test_a_report_that_allows_what_its_run_did_not_finish_is_no_verdict(fork: PullRequest) -> None:
    done = trusted(fork, conclusion="failure")
    assert done.status == 0, done.err
    assert "The run ended with `failure`, though its report allows the change" in bodies(fork)[0]
    assert checks(fork) == {"mlgit": ("completed", "failure")}


def test_the_text_of_a_hostile_report_is_text(fork: PullRequest) -> None:
    def change(document: Any) -> None:  # noqa: ANN401
        result = document["check"]["verdict"]["results"][0]
        result["message"] = (
            "@all <!-- mlgit-report:acme/tumor/gates --> | # [x](https://evil.example) `a`\n\n# ok"
        )
        result["metric"] = "`</code><img src=x onerror=alert(1)>"

    tamper(fork, change)
    done = trusted(fork)
    assert done.status == 0, done.err
    (body,) = bodies(fork)
    assert body.count("<!--") == 1
    for harm in ("@all", "<img", "](https://evil.example)", "\n# ok"):
        assert harm not in body


def test_a_fork_that_was_deleted_gets_its_check_and_no_comment(fork: PullRequest) -> None:
    fork.forge.state.pulls[0].source = ""
    done = trusted(fork)
    assert done.status == 0, done.err
    assert bodies(fork) == []
    assert checks(fork) == {"mlgit": ("completed", "success")}
    assert "no open pull request" in done.err


def test_a_forks_branch_that_went_on_is_left_to_its_newer_run(fork: PullRequest) -> None:
    job = fork.forge.github_job(fork.runner, event="workflow_run", number=fork.number)
    fork.forge.move_pull(fork.number, "e" * 40)
    done = fork.project.here("ci", "comment", "--untrusted", env=job)
    assert done.status == 0, done.err
    assert bodies(fork) == []


def test_a_branch_of_the_same_name_in_the_repository_is_not_the_forks(fork: PullRequest) -> None:
    fork.forge.add_pull(9, branch=fork.branch, sha=fork.sha)
    assert trusted(fork).status == 0
    assert fork.forge.comments(9) == []
    assert len(bodies(fork)) == 1


def test_a_fork_can_be_announced_as_running(fork: PullRequest) -> None:
    job = fork.forge.github_job(fork.runner, event="workflow_run", number=fork.number)
    assert fork.project.here("ci", "comment", "--running", env=job).status == 0
    assert bodies(fork)[0].startswith("### ⏳ Running")


def test_nothing_of_a_token_is_ever_told(fork: PullRequest) -> None:
    done = trusted(fork)
    assert ACTIONS_TOKEN not in done.out + done.err + bodies(fork)[0]
