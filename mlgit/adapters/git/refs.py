"""Refs: names and object ids, by one `for-each-ref`; revisions resolved before anybody uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.git.binary import Git
    from mlgit.adapters.git.objects import Objects


class Ref(NamedTuple):
    """A full ref name and the object it points at (the tag object for an annotated tag)."""

    name: str
    oid: str


def list_refs(git: Git, *patterns: str) -> Mapping[str, str]:
    """Full ref name -> object id for refs that match `patterns` (`refs/tags/m@*`), sorted by name.

    Only names and ids are asked for: contents would cost far more (design: 10,000 tags under 10 ms).
    """
    output = git.run("for-each-ref", "--format=%(refname) %(objectname)", *patterns)
    refs = {}
    for line in output.decode("utf-8", "surrogateescape").splitlines():
        name, _, oid = line.rpartition(" ")
        refs[name] = oid
    return refs


def resolve_commit(objects: Objects, revision: str) -> str | None:
    """The full id of the commit that `revision` names in plain Git, or None."""
    if not revision or "\0" in revision or "\n" in revision:
        return None
    found = objects.get(f"{revision}^{{commit}}")
    return None if found is None else found.oid


def count_commits(git: Git, old: str, new: str) -> int:
    """How many commits are reachable from `new` and not from `old`."""
    return int(git.line("rev-list", "--count", f"{old}..{new}"))


def commits_between(git: Git, old: str, new: str) -> list[str]:
    """The commits that are reachable from `new` and not from `old`, newest first."""
    return git.line("rev-list", f"{old}..{new}").split()


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old` is `new` or before it."""
    return git.spawn("merge-base", "--is-ancestor", old, new).returncode == 0


def merge_base(git: Git, one: str, other: str) -> str | None:
    """The best common ancestor, None when the histories are unrelated."""
    return git.ask("merge-base", one, other)
