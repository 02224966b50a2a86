"""The start of a fork's run removes the verdict on the earlier commit from the pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.act import Run
    from tests.support.github_host import GitHub
    from tests.support.team import Team


def requested(team: Team, github: GitHub, *, source: str) -> Run:
    """The run of mlgit-report.yml that starts when another run is requested."""
    owner = source.partition("/")[0]
    payload = {
        "action": "requested",
        "repository": {"full_name": github.repository, "default_branch": "main", "owner": {"login": "acme"}},
        "workflow_run": {
            "id": 100,
            "name": "mlgit",
            "event": "pull_request",
            "conclusion": None,
            "head_branch": "better",
            "head_sha": team.head("better"),
            "head_repository": {"id": 2, "full_name": source, "owner": {"login": owner}},
            "pull_requests": [],
        },
    }
    (run,) = github.start(
        "workflow_run", payload, sha=team.head("main"), ref="refs/heads/main", action="mlgit"
    )
    return run


def test_the_comment_and_the_check_show_that_it_runs(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    team.fork("better")
    github.open_pull(7, "better", source="eve/tumor", author="eve")
    assert "❓" in team.comment(7)
    run = requested(team, github, source="eve/tumor")
    assert run.jobs == {"announce": "success"}, run.log
    assert "❓" not in team.comment(7)
    assert team.head("better")[:7] in team.comment(7)
    states = [check.status for check in team.forge.checks(team.head("better")) if check.name == "mlgit"]
    assert states[-1] == "in_progress"  # the newest check of a name counts


def test_a_run_of_an_own_branch_announces_itself(github_team: tuple[Team, GitHub]) -> None:
    team, github = github_team
    assert requested(team, github, source=github.repository).jobs == {}
