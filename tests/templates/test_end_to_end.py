"""From the demo project to a deployment on each forge: pull request, merge and tag over real servers.

Git goes over HTTP with accounts and protected tags; DVC's files over SSH on GitHub, over S3 on GitLab.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.support.forge import started
from tests.support.github_host import GitHub
from tests.support.gitlab_host import GitLab
from tests.support.remotes import s3_remote, ssh_remote
from tests.support.shell import Folder
from tests.support.team import REPOSITORY, Team

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.forge.hosts import Host
    from tests.support.act import Run
    from tests.support.forge import FakeForge
    from tests.support.git_server import GitServer
    from tests.support.remotes import DvcRemote

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def demo_template(shared_folder: Path) -> Path:
    """`mlgit demo --no-run` and its first training; branch `change` has a worse model, then a better one."""
    place = shared_folder / "demo-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            shutil.rmtree(place, ignore_errors=True)
            created = Folder(shared_folder).mlgit("demo", "--no-run", str(place))
            assert not created.status, created.err
            work = Folder(place / "project")
            # The gate on milliseconds measures this machine, and others work on it.
            _edit(work, "mlgit.yaml", "max: 50, severity", "max: 60000, severity")
            _train(work, "Train the first model")
            work.git("switch", "-qc", "change")
            _edit(work, "params.yaml", "model: logistic", "model: neighbours")
            _train(work, "Try nearest neighbours")
            _edit(work, "params.yaml", "model: neighbours", "model: logistic")
            _edit(work, "params.yaml", "C: 0.01", "C: 1")
            _train(work, "Weaken the penalty")
            work.git("switch", "-q", "main")
            (place / "built").touch()
    return place


def _train(work: Folder, message: str) -> None:
    """Run the pipeline and commit; the pull request evaluates the gates."""
    done = work.mlgit("run")
    assert done.status in {0, 1}, done.out + done.err
    work.commit(message)


def _edit(work: Folder, name: str, old: str, new: str) -> None:
    text = (work / name).read_text()
    assert old in text
    work.write(name, text.replace(old, new))


def _hosted(place: Path, git: GitServer, forge: FakeForge, remote: DvcRemote, *, host: Host) -> Team:
    """The demo project on a forge: a remote, deployment targets, `ci init`."""
    work, served = Folder(place / "project"), place / "served"
    work.dvc("remote", "modify", "storage", "url", remote.url)
    for name, value in remote.options.items():
        work.dvc("remote", "modify", "storage", name, value)
    _edit(work, "mlgit.yaml", "staging: {}", "staging: {auto: true}")
    for environment in ("staging", "prod"):
        (served / environment).mkdir(parents=True)
    target = f'{{target: local, path: "{served}/{{environment}}/{{model}}"}}'
    with (work / "mlgit.yaml").open("a", encoding="utf-8") as file:
        file.write(f"deploy:\n  staging: {target}\n  prod: {target}\n")
    # Without pip in each of thirty jobs; test_github_workflows.py covers it.
    done = work.here("ci", "init", "--host", host, "--requirement", "")
    assert not done.status, done.err
    work.commit("Let CI hold the gates")
    git.add(REPOSITORY)
    work.git("remote", "set-url", "origin", git.url(REPOSITORY))
    _push(work, remote)
    return Team(work, git, forge, served, remote.files)


def _push(work: Folder, remote: DvcRemote) -> None:
    """Push as a developer: files to the DVC remote, the branch to the forge."""
    env = {**remote.secrets, **({"HOME": str(remote.home)} if remote.home else {})}
    done = work.mlgit("push", env=env)
    assert not done.status, done.err


def _propose(team: Team, remote: DvcRemote, *, commit: str) -> str:
    """Push a commit of `change` to the branch of the pull request; the branch's tip."""
    team.work.git("checkout", "-q", "-B", "topic")
    team.work.git("cherry-pick", commit)
    _push(team.work, remote)
    return team.head("topic")


def _deployed(team: Team, environment: str) -> bytes:
    return (team.served / environment / "tumor" / "current" / "tumor.skops").read_bytes()


def _verdict(runs: list[Run]) -> Run:
    """The run of a pull request's own workflow."""
    (run,) = [run for run in runs if run.event == "pull_request"]
    return run


def test_on_github_with_dvc_over_ssh(demo_template: Path, tmp_path: Path, forge_git: GitServer) -> None:
    place = tmp_path / "demo"
    shutil.copytree(demo_template, place, symlinks=True)
    (tmp_path / "ssh").mkdir()
    with ssh_remote(tmp_path / "ssh") as remote, started() as forge:
        team = _hosted(place, forge_git, forge, remote, host="github")
        github = GitHub(git=forge_git, forge=forge, place=tmp_path / "github", home=remote.home)

        # The model on main is the first release.
        (first,) = github.settle()
        assert first.status == 0, first.log
        assert team.tags() == ["tumor#staging#1", "tumor@v1.0.0"]

        # A pull request: blocked, then better after a second push, always with one comment.
        worse = _propose(team, remote, commit="change~1")
        blocked = _verdict(github.open_pull(7, "topic"))
        assert blocked.jobs["gates"] == "failure", blocked.log
        assert "logloss rose from" in team.comment(7)
        assert "\n1 of 4 gates failed, 1 skipped\n" in team.comment(7)
        better = _propose(team, remote, commit="change")
        passed = _verdict(github.settle())
        assert passed.status == 0, passed.log
        assert "✅" in team.comment(7)
        checks = {sha: [each.conclusion for each in forge.checks(sha)] for sha in (worse, better)}
        assert checks == {worse: ["failure"], better: ["success"]}

        # The merge: a release, an environment tag, a deployment.
        team.merge("topic")
        (merged,) = github.settle()
        assert merged.status == 0, merged.log
        assert {"tumor#staging#2", "tumor@v1.1.0"} < set(team.tags())
        assert _deployed(team, "staging") == (team.work / "models" / "tumor.skops").read_bytes()

        # A person's promotion, pushed by the App: the tag's own workflow deploys it.
        team.robot("release-app", "promote", "tumor@v1.1.0", "--to", "prod")
        (promoted,) = github.settle()
        assert promoted.jobs == {"parse": "success", "deploy": "success"}, promoted.log
        assert _deployed(team, "prod") == _deployed(team, "staging")
        assert [each.state for each in forge.deployments("staging")] == ["inactive", "success"]
        assert [each.state for each in forge.deployments("prod")] == ["success"]


def test_on_gitlab_with_dvc_over_s3(demo_template: Path, tmp_path: Path, forge_git: GitServer) -> None:
    place = tmp_path / "demo"
    shutil.copytree(demo_template, place, symlinks=True)
    (tmp_path / "s3").mkdir()
    with s3_remote(tmp_path / "s3") as remote, started() as forge:
        team = _hosted(place, forge_git, forge, remote, host="gitlab")
        gitlab = GitLab(git=forge_git, forge=forge, place=tmp_path / "gitlab")
        gitlab.settings |= remote.secrets

        first = gitlab.settle()
        assert [each.status for each in first] == [0, 0, 0], "\n".join(each.log for each in first)
        assert team.tags() == ["tumor#staging#1", "tumor@v1.0.0"]

        worse = _propose(team, remote, commit="change~1")
        (blocked,) = gitlab.open_merge_request(7, "topic")
        assert blocked.jobs["mlgit-gates"] == "failure", blocked.log
        assert "logloss rose from" in team.comment(7)
        assert "\n1 of 4 gates failed, 1 skipped\n" in team.comment(7)
        better = _propose(team, remote, commit="change")
        (passed,) = gitlab.settle()
        assert passed.status == 0, passed.log
        assert "✅" in team.comment(7)
        states = {sha: forge.statuses(sha)[-1].state for sha in (worse, better)}
        assert states == {worse: "failed", better: "success"}

        team.merge("topic")
        merged = gitlab.settle()
        # The pipeline of main, then one per tag: the version, the end of the old assignment, the new one.
        assert [each.status for each in merged] == [0, 0, 0, 0], "\n".join(each.log for each in merged)
        assert {"tumor#staging#2", "tumor@v1.1.0"} < set(team.tags())
        assert _deployed(team, "staging") == (team.work / "models" / "tumor.skops").read_bytes()

        team.robot("project-bot", "promote", "tumor@v1.1.0", "--to", "prod")
        (promoted,) = gitlab.settle()
        assert promoted.jobs == {"mlgit-tag": "success", "mlgit-deploy-prod": "success"}, promoted.log
        assert _deployed(team, "prod") == _deployed(team, "staging")
