"""A remote whose address changed: what was published at the former one is not called unpushed by a guess."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from mlgit.project.remote_commits import was_cloned_elsewhere
from tests.support.registry import opened
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def moved(staged: Folder) -> Folder:
    """The project after its remote moved; its last fetch is older than its tags."""
    place = staged.path.parent
    (place / "origin.git").rename(place / "elsewhere.git")
    staged.git("remote", "set-url", "origin", str(place / "elsewhere.git"))
    for path in (".git/FETCH_HEAD", ".git/refs/remotes/origin/HEAD"):
        if (staged / path).exists():
            os.utime(staged / path, (1_700_000_000, 1_700_000_000))
    return staged


def unpushed(folder: Folder) -> list[str] | None:
    found: list[str] | None = folder.here("status", "--json").json()["unpushed_tags"]
    return found


def test_tags_that_were_published_are_not_called_unpushed(moved: Folder) -> None:
    assert not unpushed(moved)
    assert moved.here("push", "--dry-run").status == Exit.DONE
    assert unpushed(moved) == []


def test_a_tag_that_was_local_first_is_not_called_never_published(staged: Folder) -> None:
    staged.commit("More")
    staged.git("push", "-q")
    assert staged.here("release", "line", "--force", "--local").status == Exit.DONE
    assert unpushed(staged) == ["line@v1.0.1"]
    assert staged.here("push").status == Exit.DONE
    place = staged.path.parent
    (place / "origin.git").rename(place / "elsewhere.git")
    staged.git("remote", "set-url", "origin", str(place / "elsewhere.git"))
    assert not unpushed(staged)


def test_a_new_empty_remote_deletes_no_tag_here(staged: Folder, tmp_path: Path) -> None:
    # In a clone, git packed the tags: they are known to have been at a remote.
    staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(tmp_path / "clone"))
    staged = staged.__class__(tmp_path / "clone")
    tags = staged.git("tag").splitlines()
    staged.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "new.git"))
    staged.git("remote", "set-url", "origin", str(tmp_path / "new.git"))
    staged.git("fetch", "-q")
    found = {each["id"]: each for each in staged.here("doctor", "--online", "--json").json()["findings"]}
    assert "tags_deleted_at_remote" not in found
    assert sorted(found["tags_not_pushed"]["subjects"]) == sorted(tags)
    assert found["tags_not_pushed"]["repair"] == "mlgit push"
    assert "remote_is_empty" in found
    staged.git("push", "-q", "origin", "main", "--tags")
    assert sorted(staged.git("ls-remote", "--refs", "--tags", "origin").split()[1::2]) == sorted(
        f"refs/tags/{tag}" for tag in tags
    )
    again = {each["id"] for each in staged.here("doctor", "--online", "--json").json()["findings"]}
    assert again.isdisjoint({"remote_is_empty", "tags_not_pushed", "tags_deleted_at_remote"})


@pytest.mark.parametrize("moved_from", ["a clone", "the first one"])
def test_a_remote_that_only_got_the_branch_never_had_the_tags(
    staged: Folder, tmp_path: Path, moved_from: str
) -> None:
    if moved_from == "a clone":
        staged.git("clone", "-q", str(staged.path.parent / "origin.git"), str(tmp_path / "clone"))
        shutil.copytree(staged / ".dvc/cache", tmp_path / "clone/.dvc/cache")
        staged = staged.__class__(tmp_path / "clone")
        staged.git("config", "user.email", "bob@example.org")
    else:
        staged.git("pack-refs", "--all")
    tags = staged.git("tag").splitlines()
    staged.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "new.git"))
    staged.git("push", "-q", str(tmp_path / "new.git"), "main")
    staged.git("remote", "set-url", "origin", str(tmp_path / "new.git"))
    assert "no longer has" not in staged.here("models", "--fetch").out
    assert staged.git("tag").splitlines() == tags
    found = {each["id"]: each for each in staged.here("doctor", "--online", "--json").json()["findings"]}
    assert "tags_deleted_at_remote" not in found
    assert found["tags_not_pushed"]["repair"] == "mlgit push"
    refused = staged.here("promote", "line", "--to", "prod")
    assert "is only here, and the next tags would depend on it" in refused.err
    assert "run `mlgit push`" in refused.err
    assert staged.here("push").status == Exit.DONE
    assert len(staged.git("ls-remote", "--refs", "--tags", "origin").splitlines()) == len(tags)
    staged.git("push", "-q", "origin", *(f":refs/tags/{tag}" for tag in tags))
    assert "no longer has this tag" in staged.here("push").out  # now they were there


@pytest.mark.parametrize(
    ("now", "elsewhere"),
    [
        ("git@git.example.org:acme/line.git", False),
        ("ssh://git@git.example.org:2222/acme/line", False),
        ("https://token@git.example.org/acme/line.git", False),
        ("https://git.example.org/acme/other.git", True),
        ("git@git.example.com:acme/line.git", True),
        ("/srv/acme/line.git", True),
    ],
)
def test_another_way_to_the_same_place_is_not_another_place(
    staged: Folder, now: str, *, elsewhere: bool
) -> None:
    log = staged / ".git/logs/HEAD"
    first, _, rest = log.read_text().partition("\n")
    place = "https://git.example.org/acme/line.git"
    log.write_text(f"{first.partition(chr(9))[0]}\tclone: from {place}\n{rest}")
    assert was_cloned_elsewhere(opened(staged), [now]) is elsewhere


@pytest.mark.parametrize("option", [(), ("--at", "2126-01-01"), ("--metric", "mae"), ("line",)])
def test_where_no_tag_counts_a_history_is_not_known(staged: Folder, option: tuple[str, ...]) -> None:
    """Tags that were fetched from somewhere else may be a fork's."""
    place = staged.path.parent
    shutil.copytree(place / "origin.git", place / "fork.git")
    Folder(place / "origin.git").git("tag", "-d", *staged.git("tag").splitlines())
    staged.git("clone", "-q", str(place / "origin.git"), str(place / "clone"))
    clone = Folder(place / "clone")
    assert "known here" not in clone.here("history").out
    clone.git("fetch", "-q", str(place / "fork.git"), "refs/tags/*:refs/tags/*")
    shown = " ".join(clone.here("history", *option).out.split())
    assert "known here ? `line#staging#1` does not count here: this clone has not seen it at" in shown
    assert "(and 1 other tag) hint: run `mlgit doctor`" in shown
    assert clone.here("models").out.splitlines()[1].split()[-2:] == ["?", "?"]
    clone.git("push", "-q", "origin", "--tags")
    clone.git("fetch", "-q", "--force", "--tags", "origin")
    assert "known here" not in clone.here("history", *option).out


@pytest.mark.parametrize(("name", "known"), [("line@v1.0.0", "no"), ("ui@v1.0.0", "yes"), (None, "yes")])
def test_tags_of_other_packages_are_not_its_history(project: Folder, name: str | None, known: str) -> None:
    if name is not None:
        project.git("tag", name)
    assert project.here("history", "--json").json()["tags_known"]["known"] == known
