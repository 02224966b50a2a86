"""Ancestors: a commit that is not here is not an ancestor; a damaged history is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.adapters.git.refs import is_ancestor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


@pytest.fixture
def three(empty_repository: Folder) -> list[str]:
    return [empty_repository.commit(name) for name in ("one", "two", "three")]


def test_a_commit_is_an_ancestor_of_itself_and_of_later_ones(
    empty_repository: Folder, three: list[str]
) -> None:
    git = Git(str(empty_repository.path))
    assert is_ancestor(git, three[0], three[0])
    assert is_ancestor(git, three[0], three[2])
    assert not is_ancestor(git, three[2], three[0])


def test_a_commit_that_a_shallow_clone_lacks_is_not_an_ancestor(
    empty_repository: Folder, three: list[str], tmp_path: Path
) -> None:
    url = f"file://{empty_repository.path}"
    empty_repository.git("clone", "-q", "--depth", "1", url, str(tmp_path / "shallow"))
    assert not is_ancestor(Git(str(tmp_path / "shallow")), three[0], three[2])


@pytest.mark.parametrize("damaged", [1, 2], ids=["in between", "the later one"])
def test_a_damaged_history_is_an_error(empty_repository: Folder, three: list[str], damaged: int) -> None:
    oid = three[damaged]
    (empty_repository / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(GitFailed):
        is_ancestor(Git(str(empty_repository.path)), three[0], three[2])


@pytest.mark.parametrize("kind", ["alternate", "commit-graph"])
def test_a_complaint_of_git_that_does_not_matter_is_not_an_error(
    empty_repository: Folder, three: list[str], kind: str
) -> None:
    objects = empty_repository / ".git" / "objects" / "info"
    objects.mkdir(exist_ok=True)
    if kind == "alternate":
        (objects / "alternates").write_text("/nonexistent/objects\n")
    else:
        empty_repository.git("commit-graph", "write", "--reachable")
        (objects / "commit-graph").chmod(0o644)
        (objects / "commit-graph").write_bytes(b"XXXX" + (objects / "commit-graph").read_bytes()[4:])
    git = Git(str(empty_repository.path))
    with pytest.raises(GitFailed, match="exit code 1") as caught:
        git.run("merge-base", "--is-ancestor", three[2], three[0])
    assert "error: " in caught.value.stderr
    assert not is_ancestor(git, three[2], three[0])
    assert is_ancestor(git, three[0], three[2])
