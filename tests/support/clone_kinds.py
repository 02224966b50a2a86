"""Kinds of clones: what git makes of a remote's branches and tags, and a remote for each state of tags."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version: 1
models: {net: {path: m/net.bin}}
gates:
  keep: {metric: acc, vs: prod, max_drop: 0.01}
  newest: {metric: acc, vs: release, max_drop: 0.01}
environments: {prod: {}}
"""
STATES = ("none", "present", "lightweight", "damaged", "foreign")
WHOLE = ("plain", "partial", "sparse", "two-remotes", "worktree", "submodule", "no-head", "no-remote")
CUT = ("no-tags", "depth-1", "single", "single-topic", "never-fetched")


def _commit(folder: Folder, accuracy: str) -> None:
    folder.write("m/scores.json", f'{{"acc": {accuracy}}}\n')
    folder.git("add", "-A")
    folder.git("commit", "-q", "-m", f"Accuracy {accuracy}")


def build(top: Path) -> None:
    """For each state of tags, a bare origin with `main` (0.90) and `topic` (0.40)."""
    folder = Folder(top)
    folder.git("init", "-q", "--bare", "empty.git")
    folder.git("init", "-q", "first")
    first = Folder(top / "first")
    first.write("mlgit.yaml", CONFIG)
    first.write("dvc.yaml", "metrics: [m/scores.json]\n")
    first.write("m/net.bin", "one")
    first.write("top.txt", "top")
    _commit(first, "0.80")
    first.git("branch", "topic")
    _commit(first, "0.90")
    first.git("switch", "-q", "topic")
    _commit(first, "0.40")
    first.git("switch", "-q", "main")
    for state in STATES:
        origin = f"../{state}.git"
        first.git("init", "-q", "--bare", origin)
        first.git("push", "-q", origin, "main", "topic")
        first.git("clone", "-q", origin, f"../{state}")
        work = Folder(top / state)
        if state in {"present", "damaged"}:
            for argv in (("release", "net"), ("promote", "net", "--to", "prod")):
                assert work.here(*argv).status == Exit.DONE
        elif state != "none":
            annotated = ["-a", "-m", "by another tool"] if state == "foreign" else []
            for tag in ("net@v1.0.0", "net#prod#1"):
                work.git("tag", *annotated, tag)
            work.git("push", "-q", "--tags")


def cloned(top: Path, into: Path, kind: str, state: str) -> Folder:
    """A clone on `topic`, of this kind."""
    here = Folder(into)
    origin = f"file://{top}/{state}.git"
    if kind == "no-head":
        shutil.copytree(top / f"{state}.git", into / "origin.git")
        (into / "origin.git" / "HEAD").write_text("ref: refs/heads/gone\n")
        origin = f"file://{into}/origin.git"
    options = {
        "no-tags": ("--no-tags",),
        "depth-1": ("--depth", "1"),
        "single": ("--single-branch",),
        "single-topic": ("--single-branch",),
        "partial": ("--filter=blob:none",),
        "sparse": ("--sparse",),
    }.get(kind, ())
    branch = "main" if kind == "single" else "topic"
    if kind == "never-fetched":
        here.git("clone", "-q", "-b", "topic", origin, "clone")
        clone = Folder(into / "clone")
        clone.git("remote", "remove", "origin")
        clone.git("remote", "add", "origin", origin)
        for tag in clone.git("tag").split():
            clone.git("tag", "-d", tag)
        return clone
    if kind == "submodule":
        here.git("init", "-q", "outer")
        Folder(into / "outer").git("submodule", "--quiet", "add", "-b", "topic", origin, "clone")
        return Folder(into / "outer" / "clone")
    here.git("clone", "-q", *options, "-b", branch, origin, "clone")
    clone = Folder(into / "clone")
    if kind == "single":
        clone.git("fetch", "-q", origin, "topic")
        clone.git("switch", "-q", "-c", "topic", "FETCH_HEAD")
    elif kind == "two-remotes":
        clone.git("remote", "add", "other", f"{top}/empty.git")
    elif kind == "worktree":
        clone.git("switch", "-q", "main")
        clone.git("worktree", "add", "-q", "../tree", "topic")
        return Folder(into / "tree")
    elif kind == "no-remote":
        clone.git("branch", "-q", "main", "origin/main")
        clone.git("remote", "remove", "origin")
    return clone
