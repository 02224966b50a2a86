"""Fixtures for tests that execute CI templates: a forge with a git server, a team on it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.support import branches
from tests.support.forge import started
from tests.support.git_server import GitServer, git_server
from tests.support.github_host import GitHub
from tests.support.gitlab_host import GitLab
from tests.support.team import Team, hosted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlgit.core.forge.hosts import Host


@pytest.fixture
def forge_git(tmp_path: Path) -> Iterator[GitServer]:
    """A git server over HTTP with accounts and protected tags."""
    del tmp_path  # the environment is pinned before a server starts
    with git_server() as server:
        yield server


def _template(shared_folder: Path, source: Path, host: Host) -> Path:
    place = shared_folder / f"{host}-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            shutil.rmtree(place, ignore_errors=True)
            branches.build(place, source, host=host)
            (place / "built").touch()
    return place


@pytest.fixture(scope="session")
def github_template(shared_folder: Path, pipeline_template: Path) -> Path:
    """The template of tests/support/branches.py with GitHub's workflows."""
    return _template(shared_folder, pipeline_template, "github")


@pytest.fixture(scope="session")
def gitlab_template(shared_folder: Path, pipeline_template: Path) -> Path:
    """The template of tests/support/branches.py with GitLab's pipelines."""
    return _template(shared_folder, pipeline_template, "gitlab")


@pytest.fixture
def github_team(github_template: Path, tmp_path: Path, forge_git: GitServer) -> Iterator[tuple[Team, GitHub]]:
    """A team on GitHub."""
    with started() as forge:
        team = hosted(github_template, tmp_path, forge_git, forge)
        yield team, GitHub(git=forge_git, forge=forge, place=tmp_path / "github")


@pytest.fixture
def gitlab_team(gitlab_template: Path, tmp_path: Path, forge_git: GitServer) -> Iterator[tuple[Team, GitLab]]:
    """A team on GitLab."""
    with started() as forge:
        team = hosted(gitlab_template, tmp_path, forge_git, forge)
        yield team, GitLab(git=forge_git, forge=forge, place=tmp_path / "gitlab")
