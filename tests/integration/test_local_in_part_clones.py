"""`--local` in a clone that lacks tags: what is not among them may be at the remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

RULES = """\
version: 1
models: {net: {path: net.bin}}
environments: {staging: {}, prod: {from: staging}}
"""
CLONES = {"shallow": ("--depth=1",), "without tags": ("--no-tags",), "whole": ()}
COMMANDS = {
    "promote net@v1.0.0 --to staging --local": "`net@v1.0.0`",
    "promote net --to staging --local": "The newest version of `net`",
    "promote net --to prod --local": "What `staging` holds of `net`",
    "rollback net --env prod -m slow --local": "What `prod` held of `net` before",
    "rollback net --env prod --to v1.0.0 -m slow --local": "What `prod` held of `net` before",
    "unassign net --env prod --local": "What `prod` holds of `net`",
    "deregister net@v1.0.0 --local": "`net@v1.0.0`",
    "deregister former@v1.0.0 --local": "The model `former`",
}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v1.0.0 and v1.1.0, both promoted everywhere, then a commit without a version."""
    top = tmp_path_factory.mktemp("origin")
    Folder(top).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(top).git("clone", "-q", "origin.git", "work")
    work = Folder(top / "work")
    work.write("mlgit.yaml", RULES)
    for content in ("one", "two"):
        work.write("net.bin", content)
        work.commit(content)
        work.git("push", "-q", "origin", "HEAD:main")
        for argv in ("release net --bump minor", "promote net --to staging", "promote net --to prod"):
            assert work.here(*argv.split()).status == Exit.DONE
    work.write("net.bin", "three")
    work.commit("three")
    work.git("push", "-q", "origin", "HEAD:main")
    return top / "origin.git"


def clone(origin: Path, tmp_path: Path, kind: str) -> Folder:
    Folder(tmp_path).git("clone", "-q", *CLONES[kind], f"file://{origin}", "clone")
    return Folder(tmp_path / "clone")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["shallow", "without tags"])
def test_what_is_not_here_is_not_known(origin: Path, tmp_path: Path, kind: str, command: str) -> None:
    work = clone(origin, tmp_path, kind)
    done = work.here(*command.split())
    assert done.status == Exit.STATE, done.out
    text = " ".join(done.err.split())
    assert f"{COMMANDS[command]} is not known here: this clone may lack tags" in text
    hint = text.partition("hint: run `")[2].partition("`")[0]
    assert work.run("sh", "-c", hint).status == 0
    assert "not known here" not in work.here(*command.split()).err


@pytest.mark.parametrize("kind", CLONES)
def test_a_release_says_that_its_number_may_be_in_use(origin: Path, tmp_path: Path, kind: str) -> None:
    done = clone(origin, tmp_path, kind).here("release", "net", "--local", "--json")
    assert done.status == Exit.DONE, done.err
    noted = any("other numbers of `net` may be in use" in note for note in done.json()["notes"])
    assert noted is (kind != "whole")
