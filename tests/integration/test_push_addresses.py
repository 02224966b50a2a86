"""A remote with several push addresses, of which one refuses: what is shown of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

RULES = "version: 1\nmodels: {net: {path: net.bin}}\nenvironments: {prod: {}}\n"


@pytest.fixture
def work(tmp_path: Path) -> Folder:
    """A clone whose `origin` is pushed to what it is read from, and to another repository; v1.0.0."""
    top = Folder(tmp_path)
    for name in ("origin", "copy"):
        top.git("init", "-q", "--bare", "-b", "main", f"{name}.git")
    top.git("clone", "-q", "origin.git", "work")
    folder = Folder(tmp_path / "work")
    folder.write("mlgit.yaml", RULES)
    folder.write("net.bin", "one")
    folder.commit("Start")
    for name in ("origin", "copy"):
        folder.git("config", "--add", "remote.origin.pushurl", str(tmp_path / f"{name}.git"))
    folder.git("push", "-q", "origin", "HEAD:main")
    assert folder.here("release", "net", "--json").json()["notes"] == []
    return folder


def refuse(work: Folder, name: str) -> str:
    """Have one of the repositories refuse each push; returns its path."""
    hook = work.path.parent / f"{name}.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    return str(work.path.parent / f"{name}.git")


def refs_at(work: Folder, name: str) -> set[str]:
    return set(work.git("ls-remote", "--refs", str(work.path.parent / f"{name}.git")).split()[1::2])


def accept_again(work: Folder, name: str) -> None:
    (work.path.parent / f"{name}.git" / "hooks" / "pre-receive").unlink()


def test_a_promotion_names_the_address_that_refused_it(work: Folder) -> None:
    copy = refuse(work, "copy")
    done = work.here("promote", "net", "--to", "prod", "--json")
    assert done.status == Exit.DONE, done.err
    (note,) = done.json()["notes"]
    assert note.startswith(f"`{copy}`, where `origin` is also pushed to, does not have `net#prod#1`;")
    accept_again(work, "copy")
    assert work.run("sh", "-c", note.split("`")[-2]).status == 0
    assert "refs/tags/net#prod#1" in refs_at(work, "copy")


def test_a_refused_promotion_names_the_address_that_took_it(work: Folder) -> None:
    refuse(work, "origin")
    done = work.here("promote", "net", "--to", "prod")
    assert done.status == Exit.TOOL
    assert "nothing was changed" not in done.err
    text = next(line for line in done.err.splitlines() if "is also pushed to" in line)
    assert "has `net#prod#1`" in text
    assert work.run("sh", "-c", text.split("`")[-2]).status == 0
    assert "refs/tags/net#prod#1" not in refs_at(work, "copy")
    accept_again(work, "origin")
    assert work.here("promote", "net", "--to", "prod").status == Exit.DONE


def test_a_lost_race_names_the_address_that_took_the_push(work: Folder) -> None:
    work.git("tag", "-a", "net#prod#1", "-m", "Someone else", "HEAD")
    theirs = work.git("rev-parse", "refs/tags/net#prod#1").strip()
    origin = refuse(work, "origin")
    hook = work.path.parent / "origin.git" / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref 'refs/tags/net#prod#1' {theirs}\nexit 1\n"
    )
    work.git("--git-dir", origin, "fetch", "-q", str(work.path), theirs)
    work.git("tag", "-d", "net#prod#1")
    done = work.here("promote", "net", "--to", "prod")
    assert done.status == Exit.STATE, done.err
    assert "nothing was written" not in done.err
    assert "where `origin` is also pushed to, has `net#prod#1`" in done.err


def test_push_names_the_address_that_refused_it(work: Folder) -> None:
    assert work.here("promote", "net", "--to", "prod", "--local").status == Exit.DONE
    work.commit("More")
    copy = refuse(work, "copy")
    done = work.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    notes = done.json()["notes"]
    assert [each.partition(";")[0] for each in notes] == [
        f"`{copy}`, where `origin` is also pushed to, does not have `{name}`"
        for name in ("main", "net#prod#1")
    ]
    accept_again(work, "copy")
    for note in notes:
        assert work.run("sh", "-c", note.split("`")[-2]).status == 0
    assert refs_at(work, "copy") == refs_at(work, "origin")


def test_a_refused_push_names_the_address_that_took_it(work: Folder) -> None:
    work.commit("More")
    refuse(work, "origin")
    done = work.here("push")
    assert done.status == Exit.TOOL
    assert "where `origin` is also pushed to, has `main`" in done.err


def test_push_names_the_address_that_is_only_read(work: Folder) -> None:
    read, copy = (str(work.path.parent / f"{name}.git") for name in ("origin", "copy"))
    work.git("config", "--replace-all", "remote.origin.pushurl", copy)
    assert work.here("promote", "net", "--to", "prod", "--local").status == Exit.DONE
    work.commit("More")
    done = work.here("push", "--json")
    assert done.status == Exit.DONE, done.err
    notes = done.json()["notes"]
    assert [each.partition(";")[0] for each in notes] == [
        f"`{read}`, where `origin` is read, does not have `{name}`" for name in ("main", "net#prod#1")
    ]
    assert work.run("sh", "-c", notes[0].split("`")[-2]).status == 0
    again = work.here("push", "--json").json()
    assert again["notes"] == []
    assert {"refs/heads/main", "refs/tags/net#prod#1"} <= refs_at(work, "origin")
