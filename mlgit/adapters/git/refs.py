"""Refs: names and object ids, by one `for-each-ref`; revisions resolved before anybody uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.adapters.git.binary import Git
    from mlgit.adapters.git.objects import Objects


_LISTING = ("for-each-ref", "--format=%(refname) %(objectname) %(symref)")


def list_refs(git: Git, *patterns: str) -> Mapping[str, str]:
    """Full ref name -> object id for refs that match `patterns` (`refs/tags/m@*`), sorted by name.

    Only names and ids are asked for: contents would cost far more (design: 10,000 tags under 10 ms).
    """
    return parse_refs(git.run(*_LISTING, *patterns))


def start_listing_refs(
    git: Git, *patterns: str, warned: Callable[[bytes], None] | None = None
) -> Callable[[], bytes]:
    """The same question, asked ahead; the answer is for `parse_refs`, what git warns of for `warned`."""
    return git.start_in_background(*_LISTING, *patterns, warned=warned)


def parse_refs(answer: bytes) -> Mapping[str, str]:
    """Full ref name -> object id."""
    return {name: oid for name, oid, _ in _parsed(answer)}


def parse_links(answer: bytes) -> Mapping[str, str]:
    """Full name of a ref that only names another (`<remote>/HEAD`) -> that one's name."""
    return {name: other for name, _, other in _parsed(answer) if other}


def _parsed(answer: bytes) -> Iterator[list[str]]:
    # Not `splitlines`: git lets a ref's name hold what Unicode takes for the end of a line.
    return (line.split(" ") for line in answer.decode("utf-8", "surrogateescape").split("\n") if line)


def cut(answer: bytes, *folders: str) -> tuple[bytes, bytes]:
    """An answer, which is sorted by name, in two: before the first ref of those folders, and from there."""
    lines = b"\n" + answer
    places = [lines.find(f"\n{folder}".encode()) for folder in folders]
    place = min((place for place in places if place >= 0), default=len(answer))
    return answer[:place], answer[place:]


def resolve_commit(objects: Objects, revision: str) -> str | None:
    """The full id of the commit that `revision` names in plain Git, or None."""
    if not revision or "\0" in revision or "\n" in revision:
        return None
    found = objects.get(f"{revision}^{{commit}}")
    return None if found is None else found.oid


def count_commits(git: Git, old: str, new: str) -> int:
    """How many commits are reachable from `new` and not from `old`."""
    return int(git.run_text("rev-list", "--count", f"{old}..{new}"))


def commits_between(git: Git, old: str, new: str) -> list[str]:
    """The commits that are reachable from `new` and not from `old`, newest first."""
    return git.run_text("rev-list", f"{old}..{new}").split()


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old` is `new` or before it."""
    return git.try_run("merge-base", "--is-ancestor", old, new).returncode == 0


def merge_base(git: Git, one: str, other: str) -> str | None:
    """The best common ancestor, None when the histories are unrelated."""
    return git.try_text("merge-base", one, other)


def moved_at_s(git: Git, ref: str) -> int | None:
    """When this clone last moved a ref, epoch seconds, by git's log of it; None when there is no log."""
    told = git.try_text("log", "--walk-reflogs", "-1", "--format=%gd", "--date=unix", ref, "--")
    seconds = (told or "").rpartition("@{")[2].removesuffix("}")
    return int(seconds) if seconds.isascii() and seconds.isdigit() else None
