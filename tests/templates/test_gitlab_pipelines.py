"""GitLab's pipelines, executed by gitlab-ci-local on every event that starts them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.branches import HOSTILE_BRANCH, HOSTILE_METRIC, HOSTILE_TITLE
from tests.support.forge import GITLAB_TOKEN

if TYPE_CHECKING:
    from tests.support.gitlab_host import GitLab
    from tests.support.gitlab_local import Pipeline
    from tests.support.team import Team

MR_JOBS = ("mlgit-announce", "mlgit-gates", "mlgit-report")


def only(pipelines: list[Pipeline]) -> Pipeline:
    (pipeline,) = pipelines
    return pipeline


def state(team: Team, sha: str) -> str:
    """The state of the status `mlgit` of a commit."""
    return [each.state for each in team.forge.statuses(sha) if each.context == "mlgit"][-1]


def test_a_merge_request_that_passes_gets_one_note_and_a_green_status(
    gitlab_team: tuple[Team, GitLab],
) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.open_merge_request(7, "better"))
    assert pipeline.status == 0, pipeline.log
    assert pipeline.jobs == dict.fromkeys(MR_JOBS, "success")
    assert "✅" in team.comment(7)
    assert state(team, team.head("better")) == "success"
    report = pipeline.artifact("mlgit-gates", "mlgit-report")
    assert json.loads((report / "report.json").read_text())["exit_code"] == 0
    assert {path.name for path in report.iterdir()} >= {"junit.xml", "metrics.txt", "codequality.json"}
    assert team.tags() == []


def test_a_merge_request_that_is_blocked_fails_its_gates_and_its_status(
    gitlab_team: tuple[Team, GitLab],
) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.open_merge_request(7, "worse"))
    assert pipeline.status != 0
    assert pipeline.jobs == dict.fromkeys(MR_JOBS, "success") | {"mlgit-gates": "failure"}
    assert pipeline.exits == {"mlgit-gates": 1}
    assert "❌" in team.comment(7)
    assert state(team, team.head("worse")) == "failed"


def test_a_merge_request_that_changes_nothing_gets_a_short_line(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.open_merge_request(7, "docs"))
    assert pipeline.status == 0, pipeline.log
    text = team.comment(7)
    assert len([line for line in text.splitlines() if line.strip()]) < 8, text


def test_results_that_are_not_of_this_code_are_blocked(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.open_merge_request(7, "untrained"))
    assert pipeline.exits == {"mlgit-gates": 1}, pipeline.log
    assert "Blocked: line, evaluate is stale, and 2 gates read its numbers" in team.comment(7).splitlines()[0]


def test_with_pipeline_run_the_job_trains_and_keeps_its_results(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.reinstall("gitlab", "--pipeline", "run")
    # GitLab runs the pipeline of the branch, not of the merge.
    team.work.git("checkout", "-q", "-b", "topic", "main")
    team.work.git("merge", "-q", "-m", "Take the pipeline", "origin/untrained")
    team.push("topic")
    stored = team.stored()
    pipeline = only(gitlab.open_merge_request(7, "topic"))
    assert pipeline.status == 0, pipeline.log
    assert "`train.slope` 1.99 → 2.01" in team.comment(7)
    assert team.stored() > stored


def test_after_a_second_push_the_one_note_is_about_the_new_commit(
    gitlab_team: tuple[Team, GitLab],
) -> None:
    team, gitlab = gitlab_team
    team.push("origin/worse:refs/heads/topic")
    gitlab.open_merge_request(7, "topic")
    assert "❌" in team.comment(7)
    team.push("+origin/better:refs/heads/topic")
    pipeline = only(gitlab.settle())
    assert pipeline.status == 0, pipeline.log
    assert "✅" in team.comment(7)
    assert state(team, team.head("better")) == "success"


def test_without_a_token_the_gates_apply_and_the_report_is_printed(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    gitlab.settings = {}
    pipeline = only(gitlab.open_merge_request(7, "worse"))
    assert pipeline.jobs == dict.fromkeys(MR_JOBS, "success") | {"mlgit-gates": "failure"}
    assert "r2-floor" in pipeline.logs["mlgit-report"]
    assert team.forge.requests == []


def test_a_fork_gets_its_gates_and_no_token(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.fork("worse")
    pipeline = only(gitlab.open_merge_request(7, "worse", source="eve/tumor", author="eve"))
    assert pipeline.jobs == dict.fromkeys(MR_JOBS, "success") | {"mlgit-gates": "failure"}, pipeline.log
    assert team.forge.comments(7) == []
    assert not any(each.login == "project_7_bot" for each in team.forge.requests)


def test_hostile_names_are_shown_as_text_and_run_nowhere(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.open_merge_request(7, HOSTILE_BRANCH, title=HOSTILE_TITLE))
    assert pipeline.status == 0, pipeline.log
    text = team.comment(7)
    assert text.count("<!-- mlgit-report:") == 1
    assert "<img" not in text
    assert "@everyone" not in text
    assert HOSTILE_METRIC not in text
    assert not list(gitlab.place.rglob("PWNED"))
    assert GITLAB_TOKEN not in text


def test_a_merge_is_released_and_promoted_and_its_tag_deployed(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    merge = team.merge("better")
    pipelines = gitlab.settle()
    assert [pipeline.status for pipeline in pipelines] == [0, 0, 0], "\n".join(each.log for each in pipelines)
    assert [pipeline.jobs for pipeline in pipelines] == [
        {"mlgit-merged": "success"},
        {"mlgit-tag": "success"},
        {"mlgit-tag": "success", "mlgit-deploy-staging": "success"},
    ]
    assert team.tags() == ["line#staging#1", "line@v1.0.0"]
    served = team.served / "line" / "current" / "line.json"
    assert served.read_text() == (team.work / "models" / "line.json").read_text()
    assert {pipeline.sha for pipeline in pipelines} == {merge}


def test_a_merge_without_a_new_model_releases_nothing(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.merge("better")
    gitlab.settle()
    before = team.tags()
    team.merge("docs")
    pipeline = only(gitlab.settle())
    assert pipeline.jobs == {"mlgit-merged": "success"}, pipeline.log
    assert team.tags() == before


def test_a_merge_that_is_blocked_releases_nothing_and_fails(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.merge("worse")
    pipeline = only(gitlab.settle())
    assert pipeline.exits == {"mlgit-merged": 1}, pipeline.log
    assert team.tags() == []


def test_two_merges_at_once_end_in_one_release_of_the_tip(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.merge("docs")
    tip = team.merge("better")
    pushes = team.git.pushes()
    assert len(pushes) == 2
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda push: only(gitlab.pushed(push)), pushes)
    assert (first.status, second.status) == (0, 0), first.log + second.log
    assert team.tags() == ["line#staging#1", "line@v1.0.0"]
    assert team.git.bare("acme/tumor").git("rev-parse", "line@v1.0.0^{commit}") == tip


@pytest.fixture
def released(gitlab_team: tuple[Team, GitLab]) -> tuple[Team, GitLab]:
    """The team after a release by the robot that may push tags; the push of the tag waits in the queue."""
    team, gitlab = gitlab_team
    team.merge("better")
    team.git.pushes()
    team.robot("project-bot", "release", "line")
    return team, gitlab


def test_a_version_tag_is_parsed_and_deploys_nothing(released: tuple[Team, GitLab]) -> None:
    team, gitlab = released
    pipeline = only(gitlab.settle())
    assert pipeline.jobs == {"mlgit-tag": "success"}, pipeline.log
    variables = pipeline.artifact("mlgit-tag", "mlgit-report/mlgit.env").read_text().splitlines()
    assert {
        "MLGIT_EVENT=registration",
        "MLGIT_NAME=line",
        "MLGIT_VERSION=v1.0.0",
        "MLGIT_DEPLOY=false",
    } <= set(variables)
    assert list(team.served.iterdir()) == []


def test_an_environment_tag_is_deployed(released: tuple[Team, GitLab]) -> None:
    team, gitlab = released
    team.git.pushes()
    team.robot("project-bot", "promote", "line@v1.0.0", "--to", "staging")
    pipeline = only(gitlab.settle())
    assert pipeline.jobs == {"mlgit-tag": "success", "mlgit-deploy-staging": "success"}, pipeline.log
    assert (team.served / "line" / "current" / "line.json").is_file()


@pytest.mark.parametrize("tag", ["line@v1", "line@v1.0.0;id", "line#staging#x", "$(id)#staging#1"])
def test_a_malformed_tag_fails_the_parse_and_deploys_nothing(released: tuple[Team, GitLab], tag: str) -> None:
    team, gitlab = released
    team.git.pushes()
    team.work.git("tag", "-am", "x", tag)
    team.push(f"refs/tags/{tag}", user="project-bot")
    pipeline = only(gitlab.settle())
    assert pipeline.exits["mlgit-tag"] == 4, pipeline.log
    assert "mlgit-deploy-staging" not in pipeline.jobs
    assert list(team.served.iterdir()) == []


def test_a_superseded_tag_is_not_deployed(released: tuple[Team, GitLab]) -> None:
    team, gitlab = released
    team.git.pushes()
    team.robot("project-bot", "promote", "line@v1.0.0", "--to", "staging")
    (promotion,) = team.git.pushes()
    team.robot("project-bot", "unassign", "line", "--env", "staging")
    pipeline = only(gitlab.pushed(promotion))
    assert pipeline.status == 0, pipeline.log
    assert list(team.served.iterdir()) == []
    # The tag that takes the version away starts no job.
    assert [each.jobs for each in gitlab.settle()] == [{}]


def test_an_ordinary_tag_or_branch_starts_no_job(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    team.work.git("tag", "-am", "x", "nightly")
    team.push("nightly", "HEAD:refs/heads/topic")
    assert [pipeline.jobs for pipeline in gitlab.settle()] == [{}]


def test_the_schedule_checks_the_default_branch(gitlab_team: tuple[Team, GitLab]) -> None:
    team, gitlab = gitlab_team
    pipeline = only(gitlab.schedule())
    assert pipeline.jobs == {"mlgit-monitor": "success"}, pipeline.log
    assert pipeline.artifact("mlgit-monitor", "mlgit-report/report.json").is_file()
    assert team.tags() == []
