"""Edits of Git: commits, merges, tags and branches that an author may push, and clones that know less."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_CLONES = (
    ("--depth", "1"),
    ("--depth", "2"),
    ("--no-tags",),
    ("--single-branch",),
    ("--single-branch", "--no-tags"),
    ("--filter=blob:none",),
    (),
)
_TAGS = (
    *("line#prod#9", "line#prod!#9", "line@v9.0.0", "line@v1.0.0!", "line#staging#9"),
    *("prod", "mark2", "line"),
)


def commit(world: World, _: Picker) -> str:
    world.commit()
    return "commit"


def clone_less(world: World, pick: Picker) -> str:
    options = pick.of(_CLONES)
    world.clone(*options)
    return f"clone {' '.join(options)}"


def push_tag(world: World, pick: Picker) -> str:
    """A tag made with plain git, annotated or not, on this commit or on trunk's."""
    name, place = pick.of(_TAGS), pick.of(("HEAD", "origin/main", "HEAD~1"))
    kind = pick.of((("-a", "-m", "mine"), ()))
    if world.work.run("git", "rev-parse", "-q", "--verify", f"{place}^{{commit}}").status:
        return ""
    world.work.git("tag", "-f", *kind, name, place)
    world.work.git("push", "-q", "-f", "--no-verify", "origin", f"refs/tags/{name}")
    return f"tag {'annotated' if kind else 'lightweight'} {name} at {place}"


def damage_tag(world: World, pick: Picker) -> str:
    """A tag of the registry becomes lightweight here, or goes away after CI listed the remote's tags."""
    tags = world.work.git("tag", "--list", "line*").splitlines()
    if not tags:
        return ""
    name = pick.of(tags)
    if not world.in_ci or pick.of((True, False)):
        world.work.git("update-ref", f"refs/tags/{name}", f"{name}^{{commit}}")
        return f"make {name} lightweight"
    world.work.git("tag", "-d", name)
    return f"delete {name} here"


def add_branch(world: World, pick: Picker) -> str:
    name = pick.of(("prod", "staging", "mark", "base", "line", "main2"))
    world.work.git("branch", "-f", name, "HEAD")
    return f"branch {name}"


def merge_trunk(world: World, _: Picker) -> str:
    world.commit()
    if world.work.run("git", "merge", "-q", "--no-edit", "origin/main").status:
        world.work.run("git", "merge", "--abort")
        return ""
    return "merge trunk"


GIT_EDITS = (commit, clone_less, push_tag, damage_tag, add_branch, merge_trunk)
