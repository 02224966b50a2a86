"""Tags of a fork that a clone fetched are not taken for those of its own remote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from tests.support.registry import tags_of
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = """\
version: 1
models: {net: {path: net.bin, metrics: [m.json]}}
environments: {prod: {}}
gates: {keep: {metric: auc, vs: prod, max_drop: 0.01}}
"""
FORKS = {"net@v1.0.1", "net#prod!#2", "net#prod#2"}
ME = {"GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_EMAIL": "ada@example.org"}


def registered(folder: Folder, *, of_me: bool = False) -> None:
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        done = folder.here(*argv, env=ME if of_me else {})
        assert done.status == Exit.DONE, done.err


@pytest.fixture
def mine(tmp_path: Path) -> Folder:
    """A clone; next to it is a fork, which has a release and a promotion of its own of trunk's tip."""
    top = Folder(tmp_path)
    for name in ("origin.git", "fork.git"):
        top.git("init", "-q", "--bare", "-b", "main", name)
    top.git("clone", "-q", "origin.git", "first")
    first = Folder(tmp_path / "first")
    first.git("switch", "-qc", "main")
    first.write("mlgit.yaml", RULES)
    first.write("net.bin", "one")
    first.write("m.json", '{"auc": 0.9}')
    first.commit("One")
    first.git("push", "-q", "-u", "origin", "main")
    registered(first)
    first.write("net.bin", "two")
    first.write("m.json", '{"auc": 0.895}')
    first.commit("Two")
    first.git("push", "-q")
    top.git("clone", "-q", "origin.git", "mine")
    top.git("clone", "-q", "origin.git", "theirs")
    theirs = Folder(tmp_path / "theirs")
    theirs.git("remote", "set-url", "origin", str(tmp_path / "fork.git"))
    theirs.git("push", "-q", "--tags", "origin", "main")
    registered(theirs, of_me=True)
    return Folder(tmp_path / "mine")


def packed(folder: Folder, *argv: str) -> str:
    """The file of packed refs was written again, an hour after the clone."""
    folder.git("pack-refs", *argv)
    file = folder / ".git/packed-refs"
    at_s = file.stat().st_mtime + 3600
    os.utime(file, (at_s, at_s))
    return ""


def used(folder: Folder) -> str:
    return folder.here("models").out


def remote(folder: Folder) -> str:
    folder.git("remote", "add", "fork", "../fork.git")
    return folder.git("fetch", "-q", "fork")


HOW: dict[str, Callable[[Folder], object]] = {
    "as a remote": remote,
    "as a remote, in a clone that mlgit had read": lambda clone: (used(clone), remote(clone)),
    "as a remote, and origin again": lambda clone: (used(clone), remote(clone), clone.git("fetch", "origin")),
    "as a remote, and packed": lambda clone: f"{remote(clone)}{packed(clone, '--all')}",
    "as a remote, and packed by git's own cleaning": lambda clone: (
        remote(clone),
        clone.git("gc", "-q"),
        clone.git("remote", "set-head", "origin", "--delete"),
        clone.git("remote", "set-head", "origin", "--auto"),
    ),
    "as a remote, and packed at once": lambda clone: f"{remote(clone)}{clone.git('pack-refs')}",
    "as a remote, and packed by hand": lambda clone: (
        remote(clone),
        clone.git("pack-refs"),
        clone.git("remote", "set-head", "origin", "--delete"),
        clone.git("remote", "set-head", "origin", "--auto"),
    ),
    "as a remote, tags only": lambda clone: (
        clone.git("remote", "add", "fork", "../fork.git"),
        clone.git("fetch", "-q", "fork", "refs/tags/*:refs/tags/*"),
    ),
    "as a remote that is removed again": lambda clone: (
        remote(clone),
        used(clone),
        clone.git("remote", "remove", "fork"),
    ),
    "as a remote of an included file": lambda clone: (
        clone.write(".git/more", '[remote "fork"]\n\turl = ../fork.git\n'),
        clone.git("config", "include.path", "more"),
        clone.git("fetch", "-q", "fork", "--tags"),
        clone.git("fetch", "-q", "origin"),
    ),
    "by its address": lambda clone: clone.git("fetch", "-q", "--tags", "../fork.git"),
    "by its address, and origin again": lambda clone: (
        clone.git("fetch", "-q", "--tags", "../fork.git"),
        used(clone),
        clone.git("fetch", "-q", "origin"),
    ),
}


def live(folder: Folder) -> dict[str, Any]:
    (model,) = folder.here("models", "--json").json()["models"]
    (environment,) = model["environments"]
    return dict(environment)


@pytest.mark.parametrize("fetch", HOW.values(), ids=HOW)
def test_no_command_acts_on_them(mine: Folder, fetch: Callable[[Folder], object]) -> None:
    fetch(mine)
    assert tags_of(mine).keys() >= FORKS
    assert live(mine)["known"] == "no"
    assert "fork's" in mine.here("show", "net#prod").out
    verdict = mine.here("check", "--json").json()["verdict"]
    (result,) = verdict["results"]
    assert (result["outcome"], result["reason"]) == ("error", "unknown_here"), result
    for argv in (("get", "net#prod"), ("get", "net@v1.0.1")):
        done = mine.here(*argv)
        assert done.status in {Exit.BLOCKED, Exit.STATE}, (argv, done.out)
        assert "fork's" in done.err, (argv, done.err)
    before = tags_of(Folder(mine.path.parent / "origin.git"))
    pushed = mine.here("push")
    assert pushed.status == Exit.DONE, pushed.err
    assert tags_of(Folder(mine.path.parent / "origin.git")) == before
    assert pushed.out.count("it may be a fork's") >= 1


@pytest.mark.parametrize("how", ["as a remote", "as a remote that is removed again"])
def test_the_hint_gives_back_what_origin_has(mine: Folder, how: str) -> None:
    HOW[how](mine)
    found = mine.here("doctor", "--json").json()["findings"]
    (hint,) = (each for each in found if each["id"] == "tag_of_a_fork")
    assert {*hint["subjects"]} >= FORKS
    assert hint["message"].endswith(" this clone has not seen them at `origin`, so they may be a fork's")
    again, _, delete = hint["repair"].split("`")[1:4]
    assert hint["repair"].startswith("run `git fetch --force --tags origin`; those that still do not count ")
    assert again == "git fetch --force --tags origin"
    assert delete.startswith("git tag -d 'net#prod!#2' 'net#prod#2' ")
    mine.git("fetch", "-q", "--force", "--tags", "origin")
    mine.git("tag", "-d", *FORKS)
    assert live(mine)["known"] == "yes"
    assert live(mine)["version"] == "v1.0.0"
    assert mine.here("check").status == Exit.DONE


def test_what_origin_has_counts_in_a_clone_with_several_remotes(mine: Folder) -> None:
    first = Folder(mine.path.parent / "first")
    used(mine)
    mine.git("remote", "add", "fork", "../fork.git")
    assert live(mine)["version"] == "v1.0.0"
    registered(first)
    mine.git("fetch", "-q", "--all")
    assert (live(mine)["known"], live(mine)["version"]) == ("yes", "v1.0.1")
    assert mine.here("check").status == Exit.DONE
    mine.git("fetch", "-q", "origin")
    assert (live(mine)["known"], live(mine)["version"]) == ("yes", "v1.0.1")


@pytest.mark.parametrize("how", ["models --fetch", "promote", "git"])
def test_asking_origin_shows_which_tags_are_its_own(mine: Folder, how: str) -> None:
    packed(mine)
    mine.git("remote", "add", "fork", "../fork.git")
    assert live(mine)["known"] == "no"
    if how == "git":
        mine.git("fetch", "-q", "--tags", "origin")
    elif how == "promote":
        assert mine.here("promote", "net", "--to", "prod").out
    else:
        assert mine.here("models", "--fetch").status == Exit.DONE
    assert (live(mine)["known"], live(mine)["version"]) == ("yes", "v1.0.0")


def test_what_the_clone_brought_counts(mine: Folder) -> None:
    mine.git("remote", "add", "fork", "../fork.git")
    assert (live(mine)["known"], live(mine)["version"]) == ("yes", "v1.0.0")


def test_what_was_written_here_counts_and_is_pushed(mine: Folder) -> None:
    used(mine)
    mine.git("remote", "add", "fork", "../fork.git")
    assert mine.here("release", "net", "--local").status == Exit.DONE
    assert mine.here("push").status == Exit.DONE
    assert "net@v1.0.1" in tags_of(Folder(mine.path.parent / "origin.git"))


def test_what_was_seen_at_another_address_says_nothing(mine: Folder) -> None:
    mine.git("remote", "add", "fork", "../fork.git")
    mine.git("config", "mlgit.remote", "fork")
    mine.git("fetch", "-q", "fork")
    assert mine.here("models", "--fetch").status == Exit.DONE
    assert live(mine)["version"] == "v1.0.1"
    mine.git("config", "mlgit.remote", "origin")
    assert live(mine)["known"] == "no"
