"""GitHub's workflows, executed by act on every event that starts them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.act import commands
from tests.support.branches import HOSTILE_BRANCH, HOSTILE_METRIC, HOSTILE_TITLE

if TYPE_CHECKING:
    from tests.support.act import Run
    from tests.support.github_host import GitHub
    from tests.support.team import Team

PR_JOBS = ("announce", "gates", "report")


def by_workflow(runs: list[Run]) -> dict[str, Run]:
    """File name without `.yml` -> its last run."""
    return {run.workflow.removesuffix(".yml"): run for run in runs}


def conclusions(team: Team, sha: str) -> list[str | None]:
    """The conclusions of the check `mlgit` of a commit."""
    return [check.conclusion for check in team.forge.checks(sha) if check.name == "mlgit"]


def test_a_pull_request_that_passes_gets_one_comment_and_a_green_check(
    github_team: tuple[Team, GitHub],
) -> None:
    team, github = github_team
    runs = by_workflow(github.open_pull(7, "better"))
    assert runs["mlgit-pr"].status == 0, runs["mlgit-pr"].log
    assert runs["mlgit-pr"].jobs == dict.fromkeys(PR_JOBS, "success")
    assert "✅" in team.comment(7)
    assert conclusions(team, team.head("better")) == ["success"]
    files = runs["mlgit-pr"].artifacts / "mlgit-report"
    assert json.loads((files / "report.json").read_text())["exit_code"] == 0
    assert {path.name for path in files.iterdir()} >= {"report.md", "junit.xml", "metrics.txt"}
    assert "2 of 2 gates passed" in runs["mlgit-pr"].summary
    # The second step is only for forks, and nothing was released.
    assert not runs["mlgit-report"].jobs
    assert team.tags() == []


def test_a_pull_request_that_is_blocked_fails_its_gates_and_its_check(
    github_team: tuple[Team, GitHub],
) -> None:
    team, github = github_team
    run = by_workflow(github.open_pull(7, "worse"))["mlgit-pr"]
    assert run.status != 0
    assert run.jobs == {"announce": "success", "gates": "failure", "report": "success"}
    assert run.step("Gates") == "failure"
    assert run.outputs["gates", "exit-code"] == "1"
    assert "❌" in team.comment(7)
    assert "r2-floor" in team.comment(7)
    (check,) = team.forge.checks(team.head("worse"))
    assert check.conclusion == "failure"
    assert [each["path"] for each in check.annotations] == ["mlgit.yaml", "mlgit.yaml"]


def test_a_pull_request_that_changes_nothing_gets_a_short_line(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    run = by_workflow(github.open_pull(7, "docs"))["mlgit-pr"]
    assert run.status == 0, run.log
    text = team.comment(7)
    assert len([line for line in text.splitlines() if line.strip()]) < 8, text
    assert conclusions(team, team.head("docs")) == ["success"]


def test_results_that_are_not_of_this_code_are_blocked(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    run = by_workflow(github.open_pull(7, "untrained"))["mlgit-pr"]
    assert run.jobs["gates"] == "failure", run.log
    assert "Blocked: line, evaluate is stale, and 2 gates read its numbers" in team.comment(7).splitlines()[0]
    assert conclusions(team, team.head("untrained")) == ["failure"]


def test_with_pipeline_run_the_job_trains_and_keeps_its_results(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.reinstall("github", "--pipeline", "run")
    stored = team.stored()
    run = by_workflow(github.open_pull(7, "untrained"))["mlgit-pr"]
    assert run.jobs["gates"] == "success", run.log
    assert "`train.slope` 1.99 → 2.01" in team.comment(7)
    assert conclusions(team, team.head("untrained")) == ["success"]
    assert team.stored() > stored


def test_pip_installs_the_requirements(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    here = team.work.mlgit("--version").out.replace("mlgit ", "mlgit==").strip()
    team.reinstall("github", "--requirement", here, "--requirement", "click>=8")
    run = by_workflow(github.schedule())["mlgit-monitor"]
    assert run.status == 0, run.log
    # The runner has no package index, so pip fails if something is missing.
    team.reinstall("github", "--requirement", here, "--requirement", "mlgit-is-missing-this")
    run = by_workflow(github.schedule())["mlgit-monitor"]
    assert run.step("./.github/actions/mlgit-setup") == "failure"
    assert "mlgit-is-missing-this" in run.log


def test_after_a_second_push_the_one_comment_is_about_the_new_commit(
    github_team: tuple[Team, GitHub],
) -> None:
    team, github = github_team
    team.push("origin/worse:refs/heads/topic")
    github.open_pull(7, "topic")
    first = team.comment(7)
    team.push("+origin/better:refs/heads/topic")
    run = by_workflow(github.settle())["mlgit-pr"]
    assert run.status == 0, run.log
    assert first != team.comment(7)
    assert "✅" in team.comment(7)
    assert conclusions(team, team.head("worse")) == ["failure"]
    assert conclusions(team, team.head("better")) == ["success"]


def test_a_fork_is_reported_by_the_second_step_and_labelled(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.fork("better")
    runs = by_workflow(github.open_pull(7, "better", source="eve/tumor", author="eve"))
    assert runs["mlgit-pr"].jobs == {"gates": "success"}, runs["mlgit-pr"].log
    assert runs["mlgit-report"].jobs == {"report": "success"}, runs["mlgit-report"].log
    assert "fork" in team.comment(7)
    assert "✅" not in team.comment(7)
    assert conclusions(team, team.head("better")) == ["action_required"]
    writes = [each for each in team.forge.requests if each.method != "GET" and "graphql" not in each.path]
    assert all(each.status < 300 for each in writes)


def test_a_fork_that_is_blocked_gets_a_failing_check(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.fork("worse")
    runs = by_workflow(github.open_pull(7, "worse", source="eve/tumor", author="eve"))
    assert runs["mlgit-pr"].jobs == {"gates": "failure"}
    assert runs["mlgit-report"].jobs == {"report": "success"}, runs["mlgit-report"].log
    assert conclusions(team, team.head("worse")) == ["failure"]


def test_a_fork_that_uploads_nonsense_gets_a_failing_check(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.fork("better")
    team.work.git("checkout", "-q", "-b", "faked", "origin/better")
    path = ".github/workflows/mlgit-pr.yml"
    text = (team.work / path).read_text()
    gates = 'mlgit ci pr --pipeline "$MLGIT_PIPELINE" -o "$RUNNER_TEMP/mlgit-report"'
    assert gates in text
    folder = "$RUNNER_TEMP/mlgit-report"
    faked = f'mkdir {folder}; echo \'{{\\"decision\\": \\"allow\\"}}\' > {folder}/report.json'
    team.work.write(path, text.replace(f"run: {gates}", f'run: "{faked}"'))
    team.work.commit("All is well")
    team.work.git("push", "-q", team.git.url("eve/tumor", user="eve"), "faked")
    runs = by_workflow(github.open_pull(7, "faked", source="eve/tumor", author="eve"))
    assert runs["mlgit-pr"].jobs == {"gates": "success"}, runs["mlgit-pr"].log
    assert "✅" not in team.comment(7)
    assert conclusions(team, team.git.bare("eve/tumor").git("rev-parse", "faked")) == ["failure"]


def test_hostile_names_are_shown_as_text_and_run_nowhere(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    run = by_workflow(github.open_pull(7, HOSTILE_BRANCH, title=HOSTILE_TITLE))["mlgit-pr"]
    assert run.status == 0, run.log
    text = team.comment(7)
    assert text.count("<!-- mlgit-report:") == 1
    assert "<img" not in text
    assert "@everyone" not in text
    assert HOSTILE_METRIC not in text
    assert not any("all passed" in line and line.startswith("#") for line in text.splitlines())
    assert not list(github.place.rglob("PWNED"))
    assert "ghs_" not in run.log + text


def test_names_from_outside_are_not_commands_for_the_runner(github_team: tuple[Team, GitHub]) -> None:
    _, github = github_team
    run = by_workflow(github.open_pull(7, HOSTILE_BRANCH, title=HOSTILE_TITLE))["mlgit-pr"]
    assert "pwned" in run.log
    assert commands(run.log) == []


def test_a_merge_is_released_promoted_and_deployed(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    merge = team.merge("better")
    run = by_workflow(github.settle())["mlgit-merged"]
    assert run.status == 0, run.log
    assert run.jobs == {"merged": "success", "deploy/parse": "success", "deploy/deploy": "success"}
    assert team.tags() == ["line#staging#1", "line@v1.0.0"]
    assert json.loads(run.outputs["merged", "tags"]) == ["line#staging#1"]
    served = team.served / "line" / "current" / "line.json"
    assert served.read_text() == (team.work / "models" / "line.json").read_text()
    (deployment,) = team.forge.deployments("staging")
    assert (deployment.sha, deployment.state) == (merge, "success")
    # Pushed with the workflow's own token, the tags start nothing.
    assert github.settle() == []


def test_the_cache_is_filled_on_main_and_restored_for_a_pull_request(
    github_team: tuple[Team, GitHub],
) -> None:
    team, github = github_team
    github.variables["MLGIT_CACHE"] = "true"
    team.merge("docs")
    run = by_workflow(github.settle())["mlgit-merged"]
    assert run.jobs["cache"] == "success", run.log
    (saved,) = (github.place / "store" / "caches").iterdir()
    run = by_workflow(github.open_pull(7, "better"))["mlgit-pr"]
    assert f"Cache for {saved.name}" not in run.log
    assert f": {saved.name}" in run.log
    assert len(list(saved.parent.iterdir())) == 1


def test_a_merge_without_a_new_model_releases_nothing(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.merge("better")
    github.settle()
    before = team.tags()
    team.merge("docs")
    run = by_workflow(github.settle())["mlgit-merged"]
    assert run.status == 0, run.log
    assert run.jobs == {"merged": "success"}
    assert run.outputs["merged", "changed"] == "false"
    assert team.tags() == before


def test_a_merge_that_is_blocked_releases_nothing_and_fails(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.merge("worse")
    run = by_workflow(github.settle())["mlgit-merged"]
    assert run.jobs == {"merged": "failure"}
    assert team.tags() == []
    assert list(team.served.iterdir()) == []


def test_two_merges_at_once_end_in_one_release_of_the_tip(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.merge("docs")
    tip = team.merge("better")
    pushes = team.git.pushes()
    assert len(pushes) == 2
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda push: by_workflow(github.pushed(push))["mlgit-merged"], pushes)
    assert (first.status, second.status) == (0, 0), first.log + second.log
    assert team.tags() == ["line#staging#1", "line@v1.0.0"]
    assert team.git.bare("acme/tumor").git("rev-parse", "line@v1.0.0^{commit}") == tip
    assert (team.served / "line" / "current").is_symlink()


@pytest.fixture
def released(github_team: tuple[Team, GitHub]) -> tuple[Team, GitHub]:
    """The team after a release by the robot that may push tags; the push of the tag waits in the queue."""
    team, github = github_team
    team.merge("better")
    team.git.pushes()
    team.robot("release-app", "release", "line")
    return team, github


def test_a_version_tag_is_parsed_and_deploys_nothing(released: tuple[Team, GitHub]) -> None:
    team, github = released
    run = by_workflow(github.settle())["mlgit-deploy"]
    assert run.jobs == {"parse": "success"}, run.log
    parsed = {name: value for (job, name), value in run.outputs.items() if job == "parse"}
    assert (parsed["event"], parsed["name"], parsed["version"]) == ("registration", "line", "v1.0.0")
    assert parsed["deploy"] == "false"
    assert list(team.served.iterdir()) == []


@pytest.mark.parametrize("lightened", [False, True], ids=["checkout", "checkout-before-6.0.2"])
def test_an_environment_tag_is_deployed(released: tuple[Team, GitHub], *, lightened: bool) -> None:
    team, github = released
    if lightened:
        github.environment["STAND_IN_LIGHTENS_TAGS"] = "true"
    team.git.pushes()
    team.robot("release-app", "promote", "line@v1.0.0", "--to", "staging")
    run = by_workflow(github.settle())["mlgit-deploy"]
    assert run.jobs == {"parse": "success", "deploy": "success"}, run.log
    assert run.outputs["parse", "stage"] == "staging"
    assert (team.served / "line" / "current" / "line.json").is_file()
    assert [each.state for each in team.forge.deployments("staging")] == ["success"]


# act evaluates `${{ }}` in a ref's name again, unlike GitHub, so there is no such name here.
@pytest.mark.parametrize("tag", ["line@v1", "line@v1.0.0;id", "line#staging#x", "$(id)#staging#1"])
def test_a_malformed_tag_fails_the_parse_and_deploys_nothing(released: tuple[Team, GitHub], tag: str) -> None:
    team, github = released
    team.work.git("tag", "-am", "x", tag)
    team.git.pushes()
    team.push(f"refs/tags/{tag}", user="release-app")
    run = by_workflow(github.settle())["mlgit-deploy"]
    assert run.jobs == {"parse": "failure"}, run.log
    assert run.outputs["parse", "event"] == ""
    assert list(team.served.iterdir()) == []


def test_a_superseded_tag_is_not_deployed(released: tuple[Team, GitHub]) -> None:
    team, github = released
    team.git.pushes()
    team.robot("release-app", "promote", "line@v1.0.0", "--to", "staging")
    (promotion,) = team.git.pushes()
    team.robot("release-app", "unassign", "line", "--env", "staging")
    run = by_workflow(github.pushed(promotion))["mlgit-deploy"]
    assert run.jobs == {"parse": "success"}, run.log
    assert run.outputs["parse", "deploy"] == "false"
    assert run.outputs["parse", "superseded"] == "line#staging!#2"
    assert list(team.served.iterdir()) == []


def test_the_deployment_that_github_made_for_the_job_is_reused(released: tuple[Team, GitHub]) -> None:
    team, github = released
    team.git.pushes()
    team.robot("release-app", "promote", "line@v1.0.0", "--to", "staging")
    # GitHub does this when a job with `environment:` starts; act does not.
    team.forge.add_deployment("staging", sha=team.head("main"), ref="line#staging#1", job=101)
    (run,) = github.settle()
    assert run.number == 101
    assert [each.state for each in team.forge.deployments()] == ["success"]


def test_an_ordinary_tag_or_branch_starts_nothing(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.work.git("tag", "-am", "x", "nightly")
    team.push("nightly", "HEAD:refs/heads/topic")
    assert github.settle() == []


def test_the_schedule_checks_the_default_branch(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    run = by_workflow(github.schedule())["mlgit-monitor"]
    assert run.jobs == {"monitor": "success"}, run.log
    assert (run.artifacts / "mlgit-monitor" / "report.json").is_file()
    assert team.tags() == []
