"""Trees at once: commits that one process lists have the same files as when each is listed by itself."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.adapters.git.objects import CommitTree, Objects
from mlgit.adapters.git.trees import list_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Folder

ODD = ("a b.txt", "tab\there", "line\nbreak", ":100644 x", "größe.json", "-r", "deep/er/file")


@pytest.fixture
def history(empty_repository: Folder) -> tuple[Folder, list[str]]:
    """Commits with each kind of change, and one without any."""
    folder, commits = empty_repository, []
    for name in (*ODD, "kept.txt"):
        folder.write(name, name)
    commits.append(folder.commit("odd names"))
    folder.git("rm", "-q", "--", *ODD[:3])
    commits.append(folder.commit("some deleted"))
    (folder / "kept.txt").unlink()
    (folder / "kept.txt").symlink_to("deep/er/file")
    commits.append(folder.commit("a file becomes a link"))
    folder.git("commit", "-q", "--allow-empty", "-m", "nothing")
    commits.append(folder.git("rev-parse", "HEAD").strip())
    folder.write(".gitmodules", '[submodule "sub"]\n\tpath = sub\n\turl = ../sub\n\tignore = all\n')
    folder.git("update-index", "--add", "--cacheinfo", f"160000,{commits[0]},sub")
    folder.git("add", ".gitmodules")
    folder.git("commit", "-q", "-m", "a submodule")
    commits.append(folder.git("rev-parse", "HEAD").strip())
    folder.git("update-index", "--cacheinfo", f"160000,{commits[1]},sub")
    folder.git("update-index", "--chmod=+x", "deep/er/file")
    folder.git("commit", "-q", "-m", "another submodule, another mode")
    commits.append(folder.git("rev-parse", "HEAD").strip())
    folder.git("checkout", "-q", "--orphan", "other")
    folder.git("rm", "-q", "-r", "-f", "--cached", ".")
    folder.git("commit", "-q", "--allow-empty", "-m", "no file")
    return folder, [*commits, folder.git("rev-parse", "HEAD").strip()]


@pytest.fixture
def objects(history: tuple[Folder, list[str]]) -> Iterator[Objects]:
    with closing(Objects(Git(str(history[0].path)))) as found:
        yield found


def seen(tree: CommitTree) -> object:
    paths = sorted(tree.paths())
    return dict(tree.blobs()), tree.submodules(), tree.targets(paths), [tree.identity(each) for each in paths]


@pytest.mark.parametrize("base", range(7))
def test_commits_that_are_listed_at_once_are_listed_as_one_by_one(
    history: tuple[Folder, list[str]], objects: Objects, base: int
) -> None:
    commits = history[1]
    alone = [seen(CommitTree(objects.git, objects, each)) for each in commits]
    together = [CommitTree(objects.git, objects, each) for each in commits]
    list_at_once(CommitTree(objects.git, objects, commits[base]), together)
    assert all(each.listing is not None for each in together)
    assert [seen(each) for each in together] == alone


def test_a_commit_that_is_not_here_leaves_the_others_to_themselves(
    history: tuple[Folder, list[str]], objects: Objects
) -> None:
    here, gone = (CommitTree(objects.git, objects, each) for each in (history[1][0], "1" * 40))
    list_at_once(here, [here, gone])
    assert ODD[0] in here.paths()
    with pytest.raises(GitFailed, match="git ls-tree"):
        gone.paths()
