"""The trunk in CI: the forge's default branch, whatever the runner checked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit, StateError
from mlgit.project.opening import open_project
from mlgit.project.release.fetching import refresh
from tests.support.checkouts import github_checkout, github_push, gitlab_checkout, gitlab_push
from tests.support.registry import NOON, clone, origin

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

LOOSE = "version: 1\nmodels:\n  line: {path: models/line.json}\nenvironments:\n  mine: {auto: true}\n"


@pytest.fixture
def developed(project: Folder) -> Folder:
    """A project whose default branch is `develop`; `main` is an old branch with other environments."""
    project.git("push", "-q", "origin", "HEAD:refs/heads/develop")
    project.write("mlgit.yaml", LOOSE)
    project.commit("Other rules on main")
    project.git("push", "-q", "origin", "HEAD:main")
    return project


def trunk_of(folder: Folder, *, default_branch: str | None) -> str | None:
    opened = open_project(str(folder.path), now=NOON, default_branch=default_branch)
    try:
        return None if opened.trunk is None else opened.trunk.ref
    finally:
        opened.close()


@pytest.mark.parametrize("checkout", [github_checkout, gitlab_checkout])
def test_the_forges_default_branch_is_trunk(developed: Folder, checkout: object) -> None:
    assert callable(checkout)
    runner = checkout(developed, "runner", branch="develop")
    assert trunk_of(runner, default_branch="develop") == "refs/remotes/origin/develop"
    # Without the event, the clone has no other information.
    assert trunk_of(runner, default_branch=None) == "refs/remotes/origin/main"


def test_a_clone_on_a_laptop_reads_it_from_the_head_of_origin(project: Folder) -> None:
    project.git("push", "-q", "origin", "HEAD:refs/heads/develop")
    origin(project).git("symbolic-ref", "HEAD", "refs/heads/develop")
    assert trunk_of(clone(project, "laptop"), default_branch=None) == "refs/remotes/origin/develop"


def test_a_checkout_without_a_trunk_is_an_error_and_never_uses_the_working_tree(
    project: Folder, tmp_path: Path
) -> None:
    project.git("checkout", "-q", "-b", "topic")
    project.write("mlgit.yaml", LOOSE)
    head = project.commit("Let everything pass")
    project.git("push", "-q", "origin", "topic:refs/pull/7/merge")
    runner = project.__class__(project.path.parent / "runner")
    runner.path.mkdir()
    runner.git("init", "-q", "-b", "nothing")
    runner.git("remote", "add", "origin", (project.path.parent / "origin.git").as_uri())
    runner.git("fetch", "-q", "--depth=1", "origin", "+refs/pull/7/merge:refs/remotes/pull/7/merge")
    runner.git("checkout", "-q", "--detach", head)
    done = runner.here("check", env=github_push(tmp_path, ref="refs/pull/7/merge"))
    assert done.status == Exit.STATE
    assert "`origin/main`, where policy is read, is not in this clone" in done.err
    assert "fetch-depth: 0" in done.err


def test_fetching_gets_the_default_branch_despite_a_lookalike(developed: Folder) -> None:
    runner = gitlab_checkout(developed, "runner")
    runner.git("update-ref", "-d", "refs/remotes/origin/develop")
    opened = open_project(str(runner.path), now=NOON, default_branch="develop")
    try:
        # Anyone could have pushed a branch of that name.
        with pytest.raises(StateError, match="`origin/develop`, where policy is read, is not in this clone"):
            _ = opened.trunk
        refresh(opened)
        assert opened.trunk is not None
        assert opened.trunk.ref == "refs/remotes/origin/develop"
        assert "mine" not in opened.trunk_config.environments
    finally:
        opened.close()


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_a_repository_that_ci_does_not_run_for_keeps_its_own_trunk(
    project: Folder, tmp_path: Path, variable: str
) -> None:
    variables = github_push(tmp_path / "job", default_branch="trunk-of-another")
    elsewhere = project.here("check", env=variables | {variable: str(tmp_path / "workspace")})
    assert elsewhere.status == Exit.DONE, elsewhere.err
    here = project.here("check", env=variables | {variable: str(project.path.parent)})
    assert here.status == Exit.STATE
    assert "`origin/trunk-of-another`, where policy is read" in here.err


def test_an_unborn_trunk_without_a_remote_is_not_an_error_in_ci(empty_repository: Folder) -> None:
    assert trunk_of(empty_repository, default_branch="main") is None
    empty_repository.git("remote", "add", "origin", "nowhere")
    with pytest.raises(StateError, match="is not in this clone"):
        trunk_of(empty_repository, default_branch="main")


def test_commands_take_the_default_branch_from_the_event(developed: Folder, tmp_path: Path) -> None:
    runner = github_checkout(developed, "runner", branch="develop")
    variables = github_push(tmp_path, ref="refs/heads/develop", default_branch="develop")
    assert runner.here("release", "line", env=variables).status == Exit.DONE
    refused = runner.here("promote", "line", "--to", "mine", env=variables)
    assert "There is no environment `mine` on origin/develop" in refused.err
    assert runner.here("promote", "line", "--to", "staging", env=variables).status == Exit.DONE


def test_a_schedule_runs_on_the_default_branch(developed: Folder, tmp_path: Path) -> None:
    runner = github_checkout(developed, "runner", branch="develop")
    variables = github_push(tmp_path, ref="refs/heads/develop", repository={})
    done = runner.here(
        "ci", "merged", "--dry-run", "--json", env=variables | {"GITHUB_EVENT_NAME": "schedule"}
    )
    assert (done.status, done.json()["trunk"]) == (Exit.DONE, "develop")


def test_gitlab_names_it_in_a_variable(project: Folder) -> None:
    runner = gitlab_checkout(project, "runner")
    done = runner.here("ci", "merged", "--dry-run", "--json", env=gitlab_push())
    assert (done.status, done.json()["trunk"]) == (Exit.DONE, "main")
