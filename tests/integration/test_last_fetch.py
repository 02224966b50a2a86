"""When a clone last saw its remote: only a fetch that shows its tags counts."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from mlgit.project.registry.read import tags_as_of
from tests.support.checks import check
from tests.support.registry import opened
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = """\
version: 1
models:
  net: {path: net.bin, metrics: [m.json]}
gates:
  keep: {metric: auc, vs: prod, max_drop: 0.01}
environments: {prod: {}}
"""
DAYS_S = 9 * 86400
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def origin(empty_repository: Folder) -> Folder:
    """A remote with trunk, a branch, and another repository next to it; the folder that pushed them."""
    project = empty_repository
    project.write("mlgit.yaml", RULES)
    project.write("net.bin", "one")
    project.write("m.json", '{"auc": 0.9}')
    project.commit("Start")
    for name in ("origin", "other"):
        project.git("init", "-q", "--bare", "-b", "main", f"../{name}.git")
        project.git("push", "-q", f"../{name}.git", "HEAD:refs/heads/main", "HEAD:refs/heads/topic")
    return project


def clone(origin: Folder, *options: str) -> Folder:
    parent = origin.path.parent
    origin.git("clone", "-q", *options, str(parent / "origin.git"), str(parent / "clone"))
    return Folder(parent / "clone")


def failed(clone: Folder) -> None:
    assert clone.run("git", "fetch", "-q", "file:///nonexistent").status != 0


def of_another(clone: Folder) -> None:
    clone.git("remote", "add", "other", "../other.git")
    clone.git("fetch", "-q", "other")


def in_the_future(clone: Folder) -> None:
    clone.git("fetch", "-q")
    later = LATER.timestamp() + DAYS_S
    os.utime(clone / ".git/FETCH_HEAD", (later, later))


def tagged_by_name(clone: Folder) -> None:
    origin = Folder(clone.path.parent / "origin.git")
    origin.git("tag", "seen", "main")
    clone.git("fetch", "-q", "--tags", "origin", "main")


def renamed_by_git(clone: Folder) -> None:
    origin = str(clone.path.parent / "origin.git")
    clone.git("config", f"url.{clone.path.parent}/.insteadOf", "near:")
    clone.git("remote", "set-url", "origin", "near:origin.git")
    assert clone.git("ls-remote", "--get-url", "origin").strip() == origin
    clone.git("fetch", "-q")


def of_all(clone: Folder) -> None:
    clone.git("remote", "add", "other", "../other.git")
    clone.git("fetch", "-q", "--all")


def moved_without_tags(clone: Folder) -> None:
    only_branch(clone)
    clone.git("fetch", "-q", "--no-tags", "origin")


def by_address(*options: str) -> Callable[[Folder], object]:
    """A fetch of another repository that has no name here."""

    def fetch(clone: Folder) -> None:
        if "--append" in options:
            clone.git("fetch", "-q")
            os.utime(clone / ".git/FETCH_HEAD", (1, 1))
        Folder(clone.path.parent / "other.git").git("tag", "seen", "main")
        clone.git("fetch", "-q", *options, "../other.git", "main")

    return fetch


def only_branch(clone: Folder) -> None:
    """Leave the remote with trunk, which moves on."""
    origin = str(clone.path.parent / "origin.git")
    clone.git("push", "-q", "origin", ":topic")
    other = Folder(clone.path.parent / "more")
    clone.git("clone", "-q", origin, str(other.path))
    other.commit("More")
    other.git("push", "-q")


def moved_only(clone: Folder) -> None:
    only_branch(clone)
    clone.git("pull", "-q")


def moved_only_by_name(clone: Folder) -> None:
    only_branch(clone)
    clone.git("pull", "-q", "origin", "main")


FETCHES: dict[str, tuple[Callable[[Folder], object], bool]] = {
    "everything": (lambda clone: clone.git("fetch", "-q"), True),
    "trunk by its name": (lambda clone: clone.git("fetch", "-q", "origin", "main"), False),
    "trunk by its name, with tags": (tagged_by_name, True),
    "a pull of trunk by its name": (lambda clone: clone.git("pull", "-q", "origin", "main"), False),
    "a pull": (lambda clone: clone.git("pull", "-q"), True),
    "a pull that moved the only branch": (moved_only, True),
    "a pull by name that moved the only branch": (moved_only_by_name, False),
    "one branch": (lambda clone: clone.git("fetch", "-q", "origin", "topic"), False),
    "failed": (failed, False),
    "another remote": (of_another, False),
    "all remotes": (of_all, True),
    "of an address that git rewrites": (renamed_by_git, True),
    "without tags": (moved_without_tags, False),
    "another repository": (by_address(), False),
    "the tags of another repository": (by_address("--tags"), False),
    "another repository, after everything": (by_address("--append"), False),
    "in the future": (in_the_future, False),
    "no fetch, a clone only": (lambda _: None, False),
    "a new HEAD of the remote": (lambda clone: clone.git("remote", "set-head", "origin", "--auto"), False),
    "a push": (lambda clone: clone.git("push", "-q", "origin", "HEAD:mine"), False),
}


@pytest.mark.parametrize(("fetch", "counts"), FETCHES.values(), ids=FETCHES)
def test_a_time_is_that_of_a_fetch_which_brought_trunk(
    origin: Folder, fetch: Callable[[Folder], object], *, counts: bool
) -> None:
    work = clone(origin)
    fetch(work)
    assert (tags_as_of(opened(work, now=LATER)) is not None) is counts


def test_a_branch_that_was_pushed_since_is_not_as_it_was_fetched(origin: Folder) -> None:
    work = clone(origin)
    work.git("fetch", "-q")
    assert ", up to date with origin/main (fetched " in work.here("status").out
    before = (work / ".git/FETCH_HEAD").stat().st_mtime - 60
    os.utime(work / ".git/FETCH_HEAD", (before, before))
    work.commit("More")
    work.git("push", "-q", "origin", "main")
    assert ", up to date with origin/main\n" in work.here("status").out


@pytest.mark.parametrize("first", ["origin", "other"])
def test_nothing_is_absent_at_a_remote_that_was_never_fetched(
    origin: Folder, tmp_path: Path, first: str
) -> None:
    work = Folder(tmp_path / "own")
    work.path.mkdir()
    work.git("init", "-q", "-b", "main")
    for name in ("origin", "other"):
        work.git("remote", "add", name, str(origin.path.parent / f"{name}.git"))
    work.git("fetch", "-q", first)
    work.git("switch", "-qc", "change", f"{first}/main", "--no-track")
    work.git("config", "mlgit.remote", "origin")
    verdict = check(work, status=Exit.DONE if first == "origin" else Exit.BLOCKED)
    (result,) = verdict["results"]
    expected = ("skipped", "no_baseline") if first == "origin" else ("error", "unknown_here")
    assert (result["outcome"], result["reason"]) == expected


def test_a_remote_below_the_name_of_another_one_was_not_that_one(origin: Folder) -> None:
    work = clone(origin, "-o", "origin/near")
    work.git("config", "remote.origin.url", str(origin.path.parent / "other.git"))
    work.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    work.git("config", "mlgit.remote", "origin")
    assert "this clone has never fetched from `origin`" in " ".join(work.here("status").out.split())
    work.git("fetch", "-q", "origin")
    assert "never fetched" not in work.here("status").out


def test_nothing_is_absent_where_only_another_repository_was_fetched(origin: Folder, tmp_path: Path) -> None:
    work = Folder(tmp_path / "own")
    work.path.mkdir()
    work.git("init", "-q", "-b", "change")
    work.git("remote", "add", "origin", str(origin.path.parent / "origin.git"))
    work.git("pull", "-q", str(origin.path.parent / "other.git"), "main")
    assert "this clone has never fetched from `origin`" in " ".join(work.here("status").out.split())
    work.git("fetch", "-q", "origin", "main")
    assert "never fetched" not in work.here("status").out


def test_the_branches_of_a_bare_clone_are_not_taken_for_trunk(origin: Folder, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    origin.git("clone", "-q", "--bare", str(origin.path.parent / "origin.git"), str(bare))
    origin.git("--git-dir", str(bare), "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    tree = Folder(tmp_path / "tree")
    tree.write("mlgit.yaml", RULES.replace("max_drop: 0.01", "max_drop: 9"))
    tree.commit("Loosen")
    verdict = check(tree, status=Exit.BLOCKED)
    assert "trunk_unknown" in {note["code"] for note in verdict["notes"]}


def test_the_branches_of_a_mirror_are_not_taken_for_trunk(origin: Folder, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror.git"
    origin.git("clone", "-q", "--mirror", str(origin.path.parent / "origin.git"), str(mirror))
    origin.git("--git-dir", str(mirror), "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    tree = Folder(tmp_path / "tree")
    tree.write("mlgit.yaml", RULES.replace("max_drop: 0.01", "max_drop: 9"))
    tree.commit("Loosen")
    assert tree.run("git", "fetch", "-q").status != 0
    verdict = check(tree, status=Exit.BLOCKED)
    assert "trunk_unknown" in {note["code"] for note in verdict["notes"]}
    (result,) = verdict["results"]
    assert "it is a mirror" in result["message"]
    refused = tree.here("release", "net")
    found = {each["id"]: each["repair"] for each in tree.here("doctor", "--json").json()["findings"]}
    for repair in (
        refused.err.partition("hint: run `")[2].partition("`")[0],
        found["mirror"],
        result["hint"][5:-1],
    ):
        assert tree.run("sh", "-c", repair).status == 0, repair
    verdict = check(tree, status=Exit.DONE)
    assert "gates_loosened" in {note["code"] for note in verdict["notes"]}
    assert {each["reason"] for each in verdict["results"]} == {"no_baseline"}


def test_a_fetch_that_failed_shows_nothing(origin: Folder, tmp_path: Path) -> None:
    work = Folder(tmp_path / "own")
    work.path.mkdir()
    work.git("init", "-q", "-b", "main")
    work.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    work.git("pull", "-q", str(origin.path), "main")
    (work / ".git/FETCH_HEAD").unlink()
    assert work.run("git", "fetch", "-q").status != 0
    (result,) = check(work, status=Exit.BLOCKED)["results"]
    assert (result["outcome"], result["reason"]) == ("error", "unknown_here")


def test_another_default_branch_at_the_remote_is_found(origin: Folder) -> None:
    work = clone(origin)
    bare = str(origin.path.parent / "origin.git")
    origin.git("--git-dir", bare, "branch", "-q", "trunk", "main")
    origin.git("--git-dir", bare, "symbolic-ref", "HEAD", "refs/heads/trunk")

    def findings() -> dict[str, str]:
        found = work.here("doctor", "--online", "--json").json()["findings"]
        return {each["id"]: each["repair"] for each in found}

    repair = findings()["default_branch_moved"]
    origin.git("--git-dir", bare, "branch", "-q", "-D", "main")
    refused = work.here("release", "net")
    assert refused.status == Exit.STATE
    assert "`origin` has no branch `main` any more, which this clone takes for trunk" in refused.err
    assert work.run("sh", "-c", repair).status == 0
    assert "default_branch_moved" not in findings()
    assert "no branch `main`" not in work.here("release", "net").err


def test_a_fetch_of_ours_that_failed_does_not_make_the_tags_older(origin: Folder) -> None:
    work = clone(origin)
    for folder in ("refs/remotes/origin/HEAD", "FETCH_HEAD"):
        work.git("fetch", "-q")
        os.utime(work / ".git" / folder, (1_700_000_000, 1_700_000_000))
    fetched = (work / ".git/FETCH_HEAD").read_bytes()
    os.utime(work / ".git/FETCH_HEAD", (1_800_000_000, 1_800_000_000))
    gone = origin.path.parent / "origin.git"
    gone.rename(gone.with_suffix(".off"))
    assert work.here("models", "--fetch").status == Exit.TOOL
    seen = tags_as_of(opened(work, now=LATER))
    assert (seen and seen.timestamp()) == 1_800_000_000
    assert (work / ".git/FETCH_HEAD").read_bytes() == fetched
