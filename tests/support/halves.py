"""Halves: a promotion that lacks one of its tags, here or at the remote, and the commands of a screen."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.registry import change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.shell import Done

CONFIG = """version: 1
models: {net: {path: net.bin}}
environments: {staging: {}, prod: {from: staging}}
deploy: {prod: {target: local, path: 'served/{model}', keep: 3}}
"""
RELEASE, ASSIGNED, ROOM = "net@v1.0.2", "net#prod#3", "net#prod!#3"


def build(top: Path) -> Folder:
    """A clone of an origin; `prod` holds v1.0.1 after v1.0.0 and serves it, v1.0.2 is in `staging`."""
    Folder(top).git("init", "-q", "--bare", "-b", "main", "origin.git")
    Folder(top).git("clone", "-q", "origin.git", "work")
    work = Folder(top / "work")
    work.write("mlgit.yaml", CONFIG)
    work.write(".gitignore", "/served\n/out\n")
    for number, version in enumerate(("v1.0.0", "v1.0.1", "v1.0.2")):
        work.write("net.bin", f"weights {version}")
        work.commit(f"Weights {number}")
        work.git("push", "-q", "-u", "origin", "HEAD:main")
        change(work, "release", "net")
        change(work, "promote", "net", "--to", "staging")
        if version != "v1.0.2":
            change(work, "promote", "net", "--to", "prod")
    assert work.here("deploy", "--env", "prod").status == Exit.DONE
    return work


def gone(tag: str, *, here: bool = False, origin: bool = False) -> Callable[[Folder], None]:
    """Promote v1.0.2, then take one tag away."""

    def act(work: Folder) -> None:
        change(work, "promote", "net", "--to", "prod")
        if origin:
            work.git("push", "-q", "origin", f":refs/tags/{tag}")
        if here:
            work.git("tag", "-d", tag)

    return act


def pushed(*tags: str, deleted: str | None = None) -> Callable[[Folder], None]:
    """Promote v1.0.2 here only, push some of its tags, and delete one here."""

    def act(work: Folder) -> None:
        change(work, "promote", "net", "--to", "prod", "--local")
        for tag in tags:
            work.git("push", "-q", "origin", f"refs/tags/{tag}")
        if deleted is not None:
            work.git("tag", "-d", deleted)

    return act


PLACES = {
    "here": {"here": True},
    "at origin": {"origin": True},
    "at both": {"here": True, "origin": True},
}
STATES: dict[str, Callable[[Folder], None]] = {
    **{f"release gone {name}": gone(RELEASE, **place) for name, place in PLACES.items()},
    **{f"assignment gone {name}": gone(ASSIGNED, **place) for name, place in PLACES.items()},
    **{f"unassignment gone {name}": gone(ROOM, **place) for name, place in PLACES.items()},
    "nothing pushed": pushed(),
    "only the unassignment pushed": pushed(ROOM),
    "only the assignment pushed": pushed(ASSIGNED),
    "only the unassignment here": pushed(deleted=ASSIGNED),
    "only the assignment here": pushed(deleted=ROOM),
}


def commands_in(done: Done) -> list[str]:
    """The commands that a screen proposes here; not those of another clone, or with something to fill in."""
    text = re.sub(r"`[^`]*` in a clone that has", "", done.out + done.err)
    lines = [line for line in text.splitlines() if re.match(r"\s*(hint|next|repair|note|!)", line)]
    found = [each for line in lines for each in re.findall(r"`((?:git|mlgit) [^`]+)`", line)]
    found += [
        line.partition(":")[2].strip() for line in lines if re.match(r"\s*(next|repair): (git|mlgit) ", line)
    ]
    return [each for each in dict.fromkeys(found) if "REASON" not in each and "VERSION" not in each]


def restore(top: Path, kept: Path) -> None:
    """Put back the clone and its origin as they were kept."""
    for name in ("work", "origin.git"):
        shutil.rmtree(top / name)
        shutil.copytree(kept / name, top / name, symlinks=True)
