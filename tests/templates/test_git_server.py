"""Git server of the tests: behaves like a forge with accounts, protected tags and a queue of pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.forge import ACTIONS_TOKEN
from tests.support.git_server import ACTIONS_READ_TOKEN, basic
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.git_server import GitServer


@pytest.fixture
def clone(forge_git: GitServer, tmp_path: Path) -> Folder:
    """Ada's clone of a new repository with one commit."""
    forge_git.add(f"acme/{tmp_path.name}")
    Folder(tmp_path).git("clone", "-q", forge_git.url(f"acme/{tmp_path.name}"), "clone")
    work = Folder(tmp_path / "clone")
    work.commit("first")
    work.git("push", "-q", "origin", "HEAD:main")
    return work


def address(server: GitServer, work: Folder, *, user: str | None) -> str:
    return server.url(f"acme/{work.path.parent.name}", user=user)


def test_without_an_account_no_one_reads_or_writes(forge_git: GitServer, clone: Folder) -> None:
    bare = address(forge_git, clone, user=None)
    assert "Authentication failed" in clone.run("git", "ls-remote", bare, env={"GIT_ASKPASS": "true"}).err
    assert clone.run("git", "push", bare, "HEAD:x", env={"GIT_ASKPASS": "true"}).status


def test_a_stranger_reads_but_does_not_write(forge_git: GitServer, clone: Folder) -> None:
    eve = address(forge_git, clone, user="eve")
    assert "refs/heads/main" in clone.git("ls-remote", eve)
    assert "eve may not write here" in clone.run("git", "push", eve, "HEAD:x").err


@pytest.mark.parametrize("name", ["line@v1.0.0", "line#prod#1", "models/line@v1.0.0"])
def test_only_robots_create_protected_tags(forge_git: GitServer, clone: Folder, name: str) -> None:
    clone.git("tag", "-am", "x", name)
    refused = clone.run("git", "push", "origin", f"refs/tags/{name}")
    assert "protected tag: ada may not create" in refused.err
    clone.git("push", "-q", address(forge_git, clone, user="release-app"), f"refs/tags/{name}")
    assert f"refs/tags/{name}" in clone.git("ls-remote", "origin")


def test_not_even_robots_move_or_delete_protected_tags(forge_git: GitServer, clone: Folder) -> None:
    robot = address(forge_git, clone, user="actions")
    clone.git("tag", "-am", "x", "line@v1.0.0")
    clone.git("push", "-q", robot, "line@v1.0.0")
    assert "cannot be moved" in clone.run("git", "push", robot, ":line@v1.0.0").err
    clone.git("tag", "-fam", "y", "line@v1.0.0")
    assert "cannot be moved" in clone.run("git", "push", "-f", robot, "line@v1.0.0").err


def pushing_with(server: GitServer, token: str) -> dict[str, str]:
    """The variables with which a CI job pushes with a token that is not on disk."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server.address}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: {basic('x-access-token', token)}",
    }


def test_a_token_in_an_extra_header_is_an_account(forge_git: GitServer, clone: Folder) -> None:
    bare = address(forge_git, clone, user=None)
    clone.git("tag", "-am", "x", "line@v1.0.0")
    clone.git("push", "-q", bare, "line@v1.0.0", env=pushing_with(forge_git, ACTIONS_TOKEN))
    assert forge_git.pushes()[-1].user == "actions"


def test_a_workflow_token_without_the_right_to_contents_pushes_nothing(
    forge_git: GitServer, clone: Folder
) -> None:
    bare = address(forge_git, clone, user=None)
    refused = clone.run("git", "push", bare, "HEAD:x", env=pushing_with(forge_git, ACTIONS_READ_TOKEN))
    assert "actions-read may only read" in refused.err


def test_every_pushed_ref_is_queued_once_in_order(forge_git: GitServer, clone: Folder) -> None:
    forge_git.pushes()
    clone.git("tag", "-am", "x", "plain")
    clone.git("push", "-q", "origin", "HEAD:refs/heads/topic", "plain")
    clone.git("push", "-q", "origin", ":refs/heads/topic")
    queued = [(push.ref, push.user, push.deleted) for push in forge_git.pushes()]
    assert queued == [
        ("refs/heads/topic", "ada", False),
        ("refs/tags/plain", "ada", False),
        ("refs/heads/topic", "ada", True),
    ]
    assert forge_git.pushes() == []
