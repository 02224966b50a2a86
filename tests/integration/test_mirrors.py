"""Mirrors and bare clones: the remote's branches are also the clone's own ones, so trunk is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = """\
version: 1
models: {net: {path: net.bin, metrics: [m.json]}}
gates: {keep: {metric: auc, vs: prod, max_drop: 0.01}}
environments: {prod: {}}
"""


@pytest.fixture
def origin(tmp_path: Path) -> Folder:
    """A folder next to `origin.git`, with which it has v1.0.0 in `prod`."""
    Folder(tmp_path).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(tmp_path).git("clone", "-q", "origin.git", "work")
    work = Folder(tmp_path / "work")
    work.write("mlgit.yaml", RULES)
    work.write("net.bin", "one")
    work.write("m.json", '{"auc": 0.9}')
    work.commit("Start")
    work.git("push", "-q", "origin", "HEAD:main")
    for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
        assert work.here(*argv).status == Exit.DONE
    return work


def bare(work: Folder, option: str) -> Folder:
    top = work.path.parent
    work.git("clone", "-q", option, str(top / "origin.git"), str(top / "clone.git"))
    work.git(
        "--git-dir", str(top / "clone.git"), "worktree", "add", "-qb", "topic", str(top / "tree"), "main"
    )
    return Folder(top / "tree")


def turned(work: Folder) -> Folder:
    """A usual clone that was made a mirror afterwards: nothing moves `origin/main` any more."""
    top = work.path.parent
    work.git("clone", "-q", str(top / "origin.git"), str(top / "tree"))
    tree = Folder(top / "tree")
    tree.git("config", "--replace-all", "remote.origin.fetch", "+refs/*:refs/*")
    tree.git("switch", "-qc", "topic")
    return tree


KINDS: dict[str, Callable[[Folder], Folder]] = {
    "a mirror": lambda work: bare(work, "--mirror"),
    "a bare clone": lambda work: bare(work, "--bare"),
    "a clone made a mirror": turned,
}


def tighten(work: Folder) -> None:
    """Add a gate on trunk."""
    work.write("mlgit.yaml", RULES.replace("gates: {", "gates: {floor: {metric: auc, min: 0.99}, "))
    work.commit("Tighten")
    work.git("push", "-q", "origin", "HEAD:main")


@pytest.mark.parametrize("kind", KINDS)
def test_trunk_is_not_known_until_the_hint_is_followed(origin: Folder, kind: str) -> None:
    tree = KINDS[kind](origin)
    tree.commit("Mine")
    tighten(origin)
    tree.run("git", "fetch", "-q")
    shown = " ".join(tree.here("status").out.split())
    assert "prod v1.0.0" not in shown
    assert "never fetched" not in shown
    assert ("may lack tags" in shown) is (kind == "a bare clone")
    done = tree.here("check", "--json")
    assert done.status == Exit.BLOCKED
    notes = {each["code"]: each["hint"] for each in done.json()["verdict"]["notes"]}
    assert tree.run("sh", "-c", notes["trunk_unknown"].split("`")[1]).status == 0
    assert "prod v1.0.0" in " ".join(tree.here("status").out.split())
    gates = {each["gate"] for each in tree.here("check", "--json").json()["verdict"]["results"]}
    assert gates == {"keep", "floor"}


@pytest.mark.parametrize("kind", ["a mirror", "a clone made a mirror"])
def test_who_names_trunk_in_a_mirror_sees_what_is_live(origin: Folder, kind: str) -> None:
    tree = KINDS[kind](origin)
    tree.commit("Mine")
    tighten(origin)
    assert tree.run("git", "fetch", "-q").status == 0
    tree.git("config", "mlgit.trunk", "main")
    assert "prod v1.0.0" in " ".join(tree.here("status").out.split())
    gates = {each["gate"] for each in tree.here("check", "--json").json()["verdict"]["results"]}
    assert gates == {"keep", "floor"}
    assert "mirror" not in tree.here("doctor").out
    branches = tree.git("for-each-ref", "refs/heads")
    assert tree.here("unassign", "net", "--env", "prod", "-m", "late").status == Exit.DONE
    pushed = tree.here("push")
    assert pushed.status == Exit.DONE, pushed.err
    there = set(tree.git("ls-remote", "--refs", "origin").split()[1::2])
    assert {"refs/heads/topic", "refs/heads/main", "refs/tags/net#prod!#2"} <= there
    assert tree.git("for-each-ref", "refs/heads") == branches
