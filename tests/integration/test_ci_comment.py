"""`mlgit ci comment` for a branch of the repository: one comment, one check, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.forge import ACTIONS_TOKEN, GITLAB_TOKEN
from tests.support.pull_request import PullRequest, train
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from tests.support.shell import Done

MALLORY = "mallory/tumor"


def both_jobs(pull: PullRequest, *argv: str) -> Done:
    """Run both jobs of one push; the result of the second."""
    pull.ci("pr")
    return pull.ci("comment", *argv)


def worse(pull: PullRequest, slope: str = "1.5") -> None:
    train(pull.project, slope)
    pull.push("Worse")


def test_a_report_becomes_one_comment_and_a_check(pull: PullRequest) -> None:
    pull.check_out_merge()
    done = both_jobs(pull)
    assert done.status == Exit.DONE, done.err
    assert pull.bodies() == [(pull.folder / "report.md").read_text()]
    assert pull.checks() == {"mlgit": ("completed", "success")}
    assert pull.forge.checks(pull.project.git("rev-parse", "HEAD")) == []
    assert "wrote a comment on pull request 7: http" in done.out
    assert f"set the check `mlgit` of {pull.sha[:7]} to success" in done.out
    assert done.err == ""


def test_two_pushes_give_one_comment_about_the_newer(pull: PullRequest) -> None:
    both_jobs(pull)
    first = pull.sha
    worse(pull)
    done = both_jobs(pull)
    assert done.status == Exit.DONE, done.err
    (body,) = pull.bodies()
    assert body.startswith("### ❌ Blocked: line, MAE rose from 0.055 to 2.75\n")
    assert "\n2 of 2 gates failed\n" in body
    assert pull.checks() == {"mlgit": ("completed", "failure")}
    assert pull.checks(first) == {"mlgit": ("completed", "success")}


def test_a_blocked_report_has_remarks_at_the_lines_of_its_gates(pull: PullRequest) -> None:
    worse(pull)
    both_jobs(pull)
    (check,) = pull.forge.checks(pull.sha)
    lines = (pull.project / "mlgit.yaml").read_text().splitlines()
    gates = {
        (each["path"], lines[each["start_line"] - 1].split(":")[0].strip()) for each in check.annotations
    }
    assert gates == {("mlgit.yaml", "r2-floor"), ("mlgit.yaml", "mae-vs-base")}
    assert {each["annotation_level"] for each in check.annotations} == {"failure"}
    assert check.title == "Blocked: line, MAE rose from 0.055 to 2.75"
    assert check.summary == pull.bodies()[0]
    assert check.details_url == pull.report()["log_url"]


def test_running_then_done_is_one_comment_and_one_state(pull: PullRequest) -> None:
    both_jobs(pull)
    worse(pull)
    done = pull.ci("comment", "--running")
    assert done.status == Exit.DONE, done.err
    (body,) = pull.bodies()
    assert body.startswith(f"### ⏳ Running on `{pull.sha[:7]}`")
    ((status, conclusion),) = pull.checks().values()
    assert (status, conclusion) == ("in_progress", None)
    both_jobs(pull)
    assert len(pull.bodies()) == 1
    assert pull.checks() == {"mlgit": ("completed", "failure")}


def test_the_same_report_is_not_written_twice(pull: PullRequest) -> None:
    both_jobs(pull)
    done = pull.ci("comment")
    assert "left the comment as it is" in done.out
    assert [each.edits for each in pull.forge.comments(pull.number)] == [0]


def test_json_says_what_was_written(pull: PullRequest) -> None:
    pull.ci("pr")
    document = pull.ci("comment", "--json").json()
    assert_valid(document, "ci-comment")
    assert [(each["number"], each["action"]) for each in document["comments"]] == [(7, "created")]
    assert document["check"]["state"] == "success"
    assert document["body"] == pull.bodies()[0]


def test_jobs_of_several_names_have_their_own_comment_and_check(pull: PullRequest) -> None:
    both_jobs(pull)
    assert pull.ci("comment", "--job", "nightly").status == Exit.DONE
    assert len(pull.bodies()) == 2
    assert pull.checks() == {
        "mlgit": ("completed", "success"),
        "mlgit/nightly": ("completed", "success"),
    }
    assert pull.ci("comment", "--job", "a b`c").status == Exit.USAGE


def test_comments_of_others_are_left_alone_even_with_our_marker(pull: PullRequest) -> None:
    pull.ci("pr")
    copied = (pull.folder / "report.md").read_text()
    pull.forge.add_comment(pull.number, copied, login="mallory")
    assert pull.ci("comment").status == Exit.DONE
    assert [each.login for each in pull.forge.comments(pull.number)] == ["mallory", "github-actions[bot]"]


def test_an_invalid_config_is_reported_on_the_pull_request(pull: PullRequest) -> None:
    both_jobs(pull)
    pull.project.write("mlgit.yaml", "version: 1\ngats: {}\n")
    pull.push("Broken", data=False)
    assert pull.ci("pr").status == Exit.CONFIG
    done = pull.ci("comment")
    assert done.status == Exit.DONE, done.err
    (body,) = pull.bodies()
    assert body.startswith("### ❌ No verdict: ")
    assert "mlgit.yaml:2:1" in body
    (check,) = pull.forge.checks(pull.sha)
    assert check.conclusion == "failure"
    assert [(each["path"], each["start_line"]) for each in check.annotations] == [("mlgit.yaml", 2)]


def test_a_run_without_a_report_is_reported_as_a_failure(pull: PullRequest) -> None:
    both_jobs(pull)
    worse(pull)
    done = pull.ci("comment", "nowhere")
    assert done.status == Exit.STATE
    assert "The run left no report" in pull.bodies()[0]
    assert pull.checks() == {"mlgit": ("completed", "failure")}


def test_a_report_of_another_commit_allows_nothing(pull: PullRequest) -> None:
    pull.ci("pr")
    worse(pull)
    done = pull.ci("comment")  # the earlier job was killed, and this report was left behind
    assert done.status == Exit.DONE, done.err
    assert "The run left no report: the one that is here is about" in pull.bodies()[0]
    assert pull.checks() == {"mlgit": ("completed", "failure")}


def test_an_old_run_does_not_overwrite_the_report_of_a_newer_commit(pull: PullRequest) -> None:
    pull.ci("pr")
    old = pull.github()
    before = pull.sha
    worse(pull)
    judged_body = both_jobs(pull)
    assert judged_body.status == Exit.DONE
    (newer,) = pull.bodies()
    # The event of the old run, whose job is late.
    event = json.loads((pull.runner / "event.json").read_text())
    event["pull_request"]["head"]["sha"] = before
    (pull.runner / "event.json").write_text(json.dumps(event))
    done = pull.project.here("ci", "comment", env=old)
    assert done.status == Exit.DONE, done.err
    assert f"the branch is already at {pull.sha[:7]}" in done.err
    assert pull.bodies() == [newer]


def test_the_commit_that_a_run_pushed_gets_the_check(pull: PullRequest) -> None:
    pull.project.write("params.yaml", "train:\n  slope: 1.995\n")
    pull.push("Not run", data=False)
    old, environment = pull.sha, pull.github()
    done = pull.ci("pr", "--pipeline", "run", "--commit")
    assert done.status == Exit.DONE, done.err
    made = pull.report()["pushed"]
    pull.forge.move_pull(pull.number, made)
    done = pull.ci("comment", env=environment)
    assert done.status == Exit.DONE, done.err
    assert pull.checks(made) == {"mlgit": ("completed", "success")}
    assert pull.checks(old) == {}
    assert len(pull.bodies()) == 1


def test_a_push_to_a_branch_finds_its_pull_request(pull: PullRequest) -> None:
    pull.ci("pr")
    job = pull.forge.github_job(pull.runner, event="push", ref="refs/heads/topic", sha=pull.sha)
    done = pull.ci("comment", env=job)
    assert done.status == Exit.DONE, done.err
    assert len(pull.bodies()) == 1


def test_a_commit_without_a_pull_request_only_gets_its_check(pull: PullRequest) -> None:
    pull.project.git("checkout", "-q", "--detach", pull.base)
    job = pull.forge.github_job(pull.runner, event="push", ref="refs/heads/main", sha=pull.base)
    pull.ci("pr", env=job)
    done = pull.ci("comment", env=job)
    assert done.status == Exit.DONE, done.err
    assert pull.bodies() == []
    assert pull.checks(pull.base) == {"mlgit": ("completed", "success")}
    assert "no open pull request" in done.err


def test_without_a_token_the_report_is_printed_and_added_to_the_summary(pull: PullRequest) -> None:
    pull.ci("pr")
    text = (pull.folder / "report.md").read_text()
    pull.forget_summary()
    done = pull.ci("comment", env=pull.github(token=None))
    assert done.status == Exit.DONE
    assert done.out == text
    assert done.err == "nothing was posted: `GITHUB_TOKEN` is not set\n"
    assert pull.summary == text
    assert pull.forge.requests == []


def test_on_a_laptop_the_report_is_printed(pull: PullRequest) -> None:
    pull.project.here("ci", "pr")
    done = pull.project.here("ci", "comment")
    assert done.status == Exit.DONE
    assert done.out == (pull.folder / "report.md").read_text()
    assert "nothing was posted" in done.err


@pytest.mark.parametrize("argv", [("--running",), ("--untrusted",)])
def test_running_and_untrusted_are_refused_outside_ci(pull: PullRequest, argv: tuple[str, ...]) -> None:
    assert pull.project.here("ci", "comment", *argv).status == Exit.USAGE


def test_a_forge_that_refuses_is_an_error_and_the_report_is_printed(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forget_summary()
    pull.forge.fail(status=422, times=50)
    done = pull.ci("comment")
    assert done.status == Exit.TOOL
    assert done.out == (pull.folder / "report.md").read_text()
    assert "error: GitHub refuses to" in done.err
    assert ACTIONS_TOKEN not in done.out + done.err
    assert pull.summary == done.out


def test_the_check_is_set_even_if_the_comment_is_refused(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forge.fail(status=403, times=50, path="/comments")
    assert pull.ci("comment").status == Exit.TOOL
    assert pull.checks() == {"mlgit": ("completed", "success")}


def test_a_token_that_may_set_no_check_sets_a_status(pull: PullRequest) -> None:
    pull.ci("pr")
    pull.forge.fail(status=403, times=50, path="/check-runs")
    done = pull.ci("comment")
    assert done.status == Exit.DONE, done.err
    assert [(each.context, each.state) for each in pull.forge.statuses(pull.sha)] == [("mlgit", "success")]


def test_on_gitlab_the_merge_request_gets_a_note_and_the_commit_a_status(pull: PullRequest) -> None:
    env = pull.gitlab()
    pull.ci("pr", env=env)
    for _ in range(2):
        done = pull.ci("comment", env=env)
        assert done.status == Exit.DONE, done.err
    assert len(pull.bodies()) == 1
    assert [(each.context, each.state) for each in pull.forge.statuses(pull.sha)][-1] == ("mlgit", "success")


def test_on_gitlab_without_a_token_it_prints_and_warns(pull: PullRequest) -> None:
    env = pull.gitlab(token=None)
    assert pull.ci("pr", env=env).status == Exit.DONE
    done = pull.ci("comment", env=env | {"CI_JOB_TOKEN": "glcbt-64_fakeJobToken0000"})
    assert done.status == Exit.DONE
    assert done.out == (pull.folder / "report.md").read_text()
    assert done.err == "nothing was posted: `MLGIT_GITLAB_TOKEN` is not set\n"
    assert GITLAB_TOKEN not in done.out


def test_on_gitlab_a_forks_report_is_labelled_in_any_pipeline(pull: PullRequest) -> None:
    pull.forge.add_repository("mallory/tumor")
    pull.forge.state.pulls[0].source = MALLORY
    env = pull.gitlab()
    assert pull.ci("pr", env=env).status == Exit.DONE
    assert pull.ci("comment", env=env).status == Exit.DONE
    assert "computed by fork code" in pull.bodies()[0]
    assert [each.state for each in pull.forge.statuses(pull.sha)] == ["pending"]
